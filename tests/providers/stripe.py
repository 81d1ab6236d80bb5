"""Implement Stripe's list of events as documented: newest first, at most 100, of at most 20 types, with a bearer key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.providers.server import ApiRequest, ApiResponse

API_KEY = "rk_test_made_up"


@dataclass
class FakeStripe:
    """One account; `events` are oldest first, `before_next_page` is called before each page but the first."""

    events: list[dict[str, Any]] = field(default_factory=list)
    before_next_page: Callable[[], None] = field(default=lambda: None)

    def __call__(self, request: ApiRequest) -> ApiResponse:
        if request.headers.get("authorization") != f"Bearer {API_KEY}":
            return ApiResponse({"error": {"type": "invalid_request_error"}}, 401)
        assert (request.host, request.path) == ("api.stripe.com", "/v1/events")
        types = {value for name, value in request.query_pairs if name == "types[]"}
        assert 0 < len(types) <= 20
        if "starting_after" in request.query:
            self.before_next_page()
        since = int(request.query["created[gte]"])
        newest_first = sorted(self.events, key=lambda event: event["created"], reverse=True)
        matches = [
            event for event in newest_first if event["type"] in types and event["created"] >= since
        ]
        return _list_page(matches, request.query)


def _list_page(events: list[dict[str, Any]], query: dict[str, str]) -> ApiResponse:
    ids = [event["id"] for event in events]
    after = query.get("starting_after")
    if after and after not in ids:
        return ApiResponse({"error": {"code": "resource_missing"}}, 400)
    start = ids.index(after) + 1 if after else 0
    page = events[start : start + int(query["limit"])]
    has_more = start + len(page) < len(events)
    return ApiResponse({"object": "list", "data": page, "has_more": has_more, "url": "/v1/events"})
