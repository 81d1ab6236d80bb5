"""Define the endpoints of the API: the required scopes, the query parameters, and the use case of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from regulars.api.access import authorize_key
from regulars.api.health import HealthProbes
from regulars.api.openapi import load_document
from regulars.api.person_lookup import LookupRequest, PersonDirectory
from regulars.api.profile_views import find_profile, profile_view, segment_view
from regulars.api.query_parameters import parse_count, parse_flag, parse_ids, parse_weights
from regulars.api.segment_pages import SegmentPageRequest, find_segment, read_segment_page
from regulars.channels.tracking.sdk_settings import build_rudder_settings
from regulars.profiles.served_profiles import ServedProfiles
from regulars.recommendations.surfaces import RecommendationRequest, RecommendationSurfaces
from regulars.store.api_keys import ApiKey, ApiKeys, Scope
from regulars.store.published_lists import PublishedLists
from regulars.transport.requests import HttpRequest, read_api_key
from regulars.transport.responses import HttpResponse, json_response
from regulars.transport.router import Route, parse_json_body, route_request

if TYPE_CHECKING:
    from regulars.api.owner_endpoints import OwnerEndpoints

MAX_LOOKUP_BYTES = 4096


def _get_current_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class ApiEndpoints:
    """All endpoints over their stores."""

    keys: ApiKeys
    profiles: ServedProfiles
    published_lists: PublishedLists
    recommender: RecommendationSurfaces
    directory: PersonDirectory
    open_owner: "Callable[[], OwnerEndpoints]"
    health: HealthProbes
    clock: Callable[[], datetime] = _get_current_time

    @cached_property
    def owner(self) -> "OwnerEndpoints":
        """The endpoints about people, opened at the first request: most requests come from the storefront."""
        return self.open_owner()

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Every endpoint."""
        return (
            Route("GET", "/profiles/{profile_id}", self.get_profile),
            Route("GET", "/profiles/{profile_id}/recommendations", self.recommend_for_profile),
            Route("GET", "/recommendations", self.recommend_for_visitor),
            Route("GET", "/segments", self.list_segments),
            Route("GET", "/segments/{name}/profiles", self.list_segment_profiles),
            Route("POST", "/profiles/lookup", self.look_up_profile),
            Route("GET", "/people/proposals", self.list_proposals),
            Route("GET", "/people/{profile_id}", self.show_person),
            Route("POST", "/people/decisions", self.decide_about_people),
            Route("POST", "/privacy/erasures", self.erase_person),
            Route("GET", "/privacy/exports/{profile_id}", self.export_person),
            Route("GET", "/health", self.report_health),
            Route("GET", "/openapi.json", self.get_openapi),
            # Here and not in the tracking API, because gateways do not agree on routes that end in a slash.
            Route("GET", "/sourceConfig/", self.get_source_config),
        )

    def handle_request(self, event: Mapping[str, Any]) -> HttpResponse:
        """Return the response to one request of the HTTP API."""
        return route_request(self.routes, event)

    def get_profile(self, http_request: HttpRequest, profile_id: str) -> HttpResponse:
        """Return one profile; for a read key, its coarse segment only."""
        if self._authorize_caller(http_request, "read", "admin").scope == "read":
            return json_response(segment_view(self.profiles, profile_id))
        profile = find_profile(self.profiles, profile_id)
        return json_response(profile_view(profile, self.clock()))

    def look_up_profile(self, http_request: HttpRequest) -> HttpResponse:
        """Return the profile and the contact data of the identifier in the body."""
        self._authorize_caller(http_request, "admin")
        request = parse_json_body(http_request, LookupRequest, MAX_LOOKUP_BYTES)
        return json_response(self.directory.look_up_person(request, self.clock()))

    def list_proposals(self, http_request: HttpRequest) -> HttpResponse:
        """Return the pairs of people who may be one."""
        return self._authorize_owner(http_request).list_proposals()

    def show_person(self, http_request: HttpRequest, profile_id: str) -> HttpResponse:
        """Return a person with contact data, and what decides who it is."""
        return self._authorize_owner(http_request).show_person(profile_id, self.clock())

    def decide_about_people(self, http_request: HttpRequest) -> HttpResponse:
        """Return what a decision about people changes, and record it when the body says so."""
        return self._authorize_owner(http_request).decide_about_people(http_request, self.clock())

    def erase_person(self, http_request: HttpRequest) -> HttpResponse:
        """Return what an erasure removes, and start it when the body says so."""
        return self._authorize_owner(http_request).erase_person(http_request)

    def export_person(self, http_request: HttpRequest, profile_id: str) -> HttpResponse:
        """Return everything that is held about a person, as a JSON document or as a page."""
        owner = self._authorize_owner(http_request)
        return owner.export_person(http_request, profile_id, self.clock())

    def recommend_for_profile(self, http_request: HttpRequest, profile_id: str) -> HttpResponse:
        """Return products for a person; only an admin key gets an error for an unknown person."""
        is_owner = self._authorize_caller(http_request, "read", "admin").scope == "admin"
        surfaces = self.recommender
        recommend = surfaces.recommend_for_owner if is_owner else surfaces.recommend_for_storefront
        return json_response(
            recommend(profile_id, _parse_recommendation_request(http_request), self.clock())
        )

    def recommend_for_visitor(self, http_request: HttpRequest) -> HttpResponse:
        """Return products for an unknown visitor."""
        self._authorize_caller(http_request, "read", "admin")
        items = parse_ids(http_request.query.get("items"), "items", max_ids=50)
        request = _parse_recommendation_request(http_request)
        response = self.recommender.recommend_for_visitor(items, request)
        return json_response(response, cache="private, max-age=60")

    def list_segments(self, http_request: HttpRequest) -> HttpResponse:
        """Return every segment with its size."""
        self._authorize_caller(http_request, "admin")
        return json_response({"segments": self.published_lists.read_segments()})

    def list_segment_profiles(self, http_request: HttpRequest, name: str) -> HttpResponse:
        """Return one page of the profiles of a segment."""
        key = self._authorize_caller(http_request, "admin")
        request = SegmentPageRequest(
            segment=find_segment(name, self.published_lists.read_segments()),
            limit=parse_count(http_request.query.get("limit"), "limit", default=20, maximum=50),
            token=http_request.query.get("next"),
            key_id=key.id,
        )
        return json_response(read_segment_page(self.profiles, request, self.clock()))

    def report_health(self, _: HttpRequest) -> HttpResponse:
        """Return the health of the parts."""
        report = self.health.report_health()
        return json_response(report, 200 if report["status"] == "ok" else 503)

    def get_openapi(self, http_request: HttpRequest) -> HttpResponse:
        """Return the OpenAPI document of this API, with the address at which it was requested."""
        return json_response(load_document(http_request.base_url), cache="public, max-age=3600")

    def get_source_config(self, http_request: HttpRequest) -> HttpResponse:
        """Return the settings that Rudder's browser SDK requests before it sends events."""
        key = http_request.query.get("writeKey") or read_api_key(http_request.headers)
        return json_response(build_rudder_settings(key))

    def _authorize_owner(self, http_request: HttpRequest) -> "OwnerEndpoints":
        self._authorize_caller(http_request, "admin")
        return self.owner

    def _authorize_caller(self, http_request: HttpRequest, *scopes: Scope) -> ApiKey:
        return authorize_key(self.keys, read_api_key(http_request.headers), *scopes)


def _parse_recommendation_request(http_request: HttpRequest) -> RecommendationRequest:
    return RecommendationRequest(
        count=parse_count(http_request.query.get("n"), "n", default=10, maximum=50),
        only_new=parse_flag(http_request.query.get("only"), "only", "new"),
        exclude=parse_ids(http_request.query.get("exclude"), "exclude", max_ids=100),
        weights=parse_weights(http_request.query.get("weights")),
    )
