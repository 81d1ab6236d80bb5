"""WooCommerce's REST API v3 as documented: dates left out strictly, offsets and pages, totals in headers, Basic keys."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.providers.server import Call, Said

KEY, SECRET = "ck_made_up", "cs_made_up"
SITE = "https://shop.example.com/store"
AUTHORIZATION = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()


@dataclass
class WooCommerce:
    """One shop; `between` is called before each page but the first."""

    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    customers: dict[int, dict[str, Any]] = field(default_factory=dict)
    between: Callable[[], None] = field(default=lambda: None)
    asked: int = 0

    def __call__(self, call: Call) -> Said:
        if call.headers.get("authorization") != AUTHORIZATION:
            return Said({"code": "woocommerce_rest_cannot_view"}, 401)
        if self.asked:
            self.between()
        self.asked += 1
        if call.path == "/store/wp-json/wc/v3/orders":
            return self._orders(call.query)
        assert call.path == "/store/wp-json/wc/v3/customers"
        return self._customers(call.query)

    def _orders(self, query: dict[str, str]) -> Said:
        assert (query["orderby"], query["order"]) == ("modified", "asc")
        assert query["dates_are_gmt"] == "true"
        assert len(query["modified_after"]) == 19, "With a zone WordPress would move the time."
        keyed = sorted((order["date_modified_gmt"], id_) for id_, order in self.orders.items())
        found = [self.orders[id_] for at, id_ in keyed if at > query["modified_after"]]
        return _page(found, query, int(query["offset"]))

    def _customers(self, query: dict[str, str]) -> Said:
        assert (query["orderby"], query["order"]) == ("registered_date", "desc")
        found = sorted(self.customers.values(), key=lambda one: one["date_created_gmt"])[::-1]
        return _page(found, query, int(query["offset"]))


def _page(found: list[dict[str, Any]], query: dict[str, str], skipped: int) -> Said:
    size = int(query["per_page"])
    pages = -(-len(found) // size)
    headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)}
    return Said(found[skipped : skipped + size], 200, headers)
