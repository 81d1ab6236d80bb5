"""The API's endpoints: who may ask, what a query means, and which use case answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from regulars.api import (
    openapi,
)
from regulars.api import (
    profile_views as profiles,
)
from regulars.api import (
    query_parameters as queries,
)
from regulars.api import (
    segment_pages as segments,
)
from regulars.api.access import authorized
from regulars.api.health import Health
from regulars.api.person_lookup import Directory, Lookup
from regulars.channels.tracking.sdk_settings import for_rudder
from regulars.recommendations.surfaces import Recommender, Wish
from regulars.store.api_keys import ApiKey, Keys
from regulars.store.published import Published
from regulars.store.served_profiles import ServedProfiles
from regulars.transport.requests import HttpRequest, read_api_key
from regulars.transport.responses import HttpResponse, json_response
from regulars.transport.router import Route, parse_json_body, route_request

LARGEST_LOOKUP = 4096


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Api:
    """All endpoints over their stores."""

    keys: Keys
    profiles: ServedProfiles
    published: Published
    recommender: Recommender
    directory: Directory
    health: Health
    now: Callable[[], datetime] = _now

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Every endpoint."""
        return (
            Route("GET", "/profiles/{profile_id}", self.profile),
            Route("GET", "/profiles/{profile_id}/recommendations", self.for_profile),
            Route("GET", "/recommendations", self.for_visitor),
            Route("GET", "/segments", self.segments),
            Route("GET", "/segments/{name}/profiles", self.members),
            Route("POST", "/profiles/lookup", self.lookup),
            Route("GET", "/health", self.report),
            Route("GET", "/openapi.json", self.description),
            # Not of the tracking door: with its slash no route of a gateway's is sure to take it.
            Route("GET", "/sourceConfig/", self.source_config),
        )

    def resolve(self, event: Mapping[str, Any]) -> HttpResponse:
        """The answer to one request of the HTTP API."""
        return route_request(self.routes, event)

    def profile(self, call: HttpRequest, profile_id: str) -> HttpResponse:
        """One profile; a read key learns its coarse segment only."""
        if self._caller(call, "read", "admin").scope == "read":
            return json_response(profiles.coarse(self.profiles, profile_id))
        return json_response(profiles.view(profiles.find(self.profiles, profile_id), self.now()))

    def lookup(self, call: HttpRequest) -> HttpResponse:
        """The profile and contact data behind an identifier in the body."""
        self._caller(call, "admin")
        wanted = parse_json_body(call, Lookup, LARGEST_LOOKUP)
        return json_response(self.directory.look_up(wanted, self.now()))

    def for_profile(self, call: HttpRequest, profile_id: str) -> HttpResponse:
        """Products for a person; only the owner is told that there is no such person."""
        owner = self._caller(call, "read", "admin").scope == "admin"
        recommend = self.recommender.for_owner if owner else self.recommender.for_storefront
        return json_response(recommend(profile_id, _wish(call), self.now()))

    def for_visitor(self, call: HttpRequest) -> HttpResponse:
        """Products for somebody nobody knows."""
        self._caller(call, "read", "admin")
        items = queries.listed(call.query.get("items"), "items", most=50)
        told = self.recommender.for_visitor(items, _wish(call))
        return json_response(told, cache="private, max-age=60")

    def segments(self, call: HttpRequest) -> HttpResponse:
        """Every segment with its size."""
        self._caller(call, "admin")
        return json_response({"segments": self.published.segments()})

    def members(self, call: HttpRequest, name: str) -> HttpResponse:
        """The profiles of a segment, page by page."""
        key = self._caller(call, "admin")
        segment = segments.named(name, self.published.segments())
        limit = queries.count(call.query.get("limit"), "limit", default=20, most=50)
        page = segments.Page(segment, limit, call.query.get("next"), key.id)
        return json_response(segments.members(self.profiles, page, self.now()))

    def report(self, _: HttpRequest) -> HttpResponse:
        """What works."""
        report = self.health.report()
        return json_response(report, 200 if report["status"] == "ok" else 503)

    def description(self, _: HttpRequest) -> HttpResponse:
        """This API as OpenAPI."""
        return json_response(openapi.document(), cache="public, max-age=3600")

    def source_config(self, call: HttpRequest) -> HttpResponse:
        """What Rudder's browser SDK asks for before it sends."""
        key = call.query.get("writeKey") or read_api_key(call.headers)
        return json_response(for_rudder(key), cache="public, max-age=300")

    def _caller(self, call: HttpRequest, *scopes: str) -> ApiKey:
        return authorized(self.keys, read_api_key(call.headers), *scopes)


def _wish(call: HttpRequest) -> Wish:
    return Wish(
        queries.count(call.query.get("n"), "n", default=10, most=50),
        queries.listed(call.query.get("exclude"), "exclude", most=100),
        queries.weights(call.query.get("weights")),
    )
