"""The API's routes: who may ask, what a query means, and which use case answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver, Response

from regulars.edge.http import answer, json_body, resolver
from regulars.edge.requests import presented_key
from regulars.serving import openapi, profiles, queries, segments
from regulars.serving.access import authorized
from regulars.serving.health import Health
from regulars.serving.lookup import Directory, Lookup
from regulars.serving.recommendations import Recommender, Wish
from regulars.store.keys import ApiKey, Keys
from regulars.store.published import Published
from regulars.store.served import ServedProfiles

LARGEST_LOOKUP = 4096


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Api:
    """All endpoints over their stores; `app` resolves an event of the HTTP API."""

    keys: Keys
    profiles: ServedProfiles
    published: Published
    recommender: Recommender
    directory: Directory
    now: Callable[[], datetime] = _now
    app: APIGatewayHttpResolver = field(default_factory=resolver)

    def __post_init__(self) -> None:
        """Register the routes, and the probes of what they need."""
        probes = {
            "profiles": lambda: self.profiles.scored("probe"),
            "catalog": lambda: self.recommender.products.named(["probe"]),
            "published": self.published.segments,
        }
        health = Health(probes)
        get = self.app.get
        get("/profiles/<profile_id>")(self.profile)
        get("/profiles/<profile_id>/recommendations")(self.for_profile)
        get("/recommendations")(self.for_visitor)
        get("/segments")(self.segments)
        get("/segments/<name>/profiles")(self.members)
        get("/health")(lambda: _report(health))
        get("/openapi.json")(_description)
        self.app.post("/profiles/lookup")(self.lookup)

    def profile(self, profile_id: str) -> Response[str]:
        """One profile; a read key learns its coarse segment only."""
        if self._caller("read", "admin").scope == "read":
            return answer(profiles.coarse(self.profiles, profile_id))
        return answer(profiles.view(profiles.find(self.profiles, profile_id), self.now()))

    def lookup(self) -> Response[str]:
        """The profile and contact data behind an identifier in the body."""
        self._caller("admin")
        wanted = json_body(self.app.current_event.raw_event, Lookup, LARGEST_LOOKUP)
        return answer(self.directory.look_up(wanted, self.now()))

    def for_profile(self, profile_id: str) -> Response[str]:
        """Products for a person; only the owner is told that there is no such person."""
        owner = self._caller("read", "admin").scope == "admin"
        recommend = self.recommender.for_owner if owner else self.recommender.for_storefront
        return answer(recommend(profile_id, self._wish(), self.now()))

    def for_visitor(self) -> Response[str]:
        """Products for somebody nobody knows."""
        self._caller("read", "admin")
        items = queries.listed(self._asked("items"), "items", most=50)
        told = self.recommender.for_visitor(items, self._wish())
        return answer(told, cache="private, max-age=60")

    def segments(self) -> Response[str]:
        """Every segment with its size."""
        self._caller("admin")
        return answer({"segments": self.published.segments()})

    def members(self, name: str) -> Response[str]:
        """The profiles of a segment, page by page."""
        key = self._caller("admin")
        segment = segments.named(name, self.published.segments())
        limit = queries.count(self._asked("limit"), "limit", default=20, most=50)
        page = segments.Page(segment, limit, self._asked("next"), key.id)
        return answer(segments.members(self.profiles, page, self.now()))

    def _caller(self, *scopes: str) -> ApiKey:
        return authorized(self.keys, presented_key(self.app.current_event.headers), *scopes)

    def _asked(self, name: str) -> str | None:
        return self.app.current_event.query_string_parameters.get(name)

    def _wish(self) -> Wish:
        return Wish(
            queries.count(self._asked("n"), "n", default=10, most=50),
            queries.listed(self._asked("exclude"), "exclude", most=100),
            queries.weights(self._asked("weights")),
        )


def _report(health: Health) -> Response[str]:
    report = health.report()
    return answer(report, 200 if report["status"] == "ok" else 503)


def _description() -> Response[str]:
    return answer(openapi.document(), cache="public, max-age=3600")
