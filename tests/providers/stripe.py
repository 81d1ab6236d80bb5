"""Stripe's list of events as documented: newest first, at most 100 and of at most 20 types, by a bearer's key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.providers.server import Call, Said

KEY = "rk_test_made_up"


@dataclass
class Stripe:
    """One account; `events` are oldest first, `between` is called before each page but the first."""

    events: list[dict[str, Any]] = field(default_factory=list)
    between: Callable[[], None] = field(default=lambda: None)

    def __call__(self, call: Call) -> Said:
        if call.headers.get("authorization") != f"Bearer {KEY}":
            return Said({"error": {"type": "invalid_request_error"}}, 401)
        assert (call.host, call.path) == ("api.stripe.com", "/v1/events")
        types = {value for name, value in call.asked if name == "types[]"}
        assert 0 < len(types) <= 20
        if "starting_after" in call.query:
            self.between()
        since = int(call.query["created[gte]"])
        newest_first = sorted(self.events, key=lambda one: one["created"], reverse=True)
        found = [one for one in newest_first if one["type"] in types and one["created"] >= since]
        return self._page(found, call.query)

    def _page(self, found: list[dict[str, Any]], query: dict[str, str]) -> Said:
        ids = [one["id"] for one in found]
        after = query.get("starting_after")
        if after and after not in ids:
            return Said({"error": {"code": "resource_missing"}}, 400)
        begin = ids.index(after) + 1 if after else 0
        page = found[begin : begin + int(query["limit"])]
        has_more = begin + len(page) < len(found)
        return Said({"object": "list", "data": page, "has_more": has_more, "url": "/v1/events"})
