"""Implement WooCommerce's REST API v3 as documented: exclusive dates, offsets, totals in headers, Basic keys."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.providers.server import ApiRequest, ApiResponse

CONSUMER_KEY, CONSUMER_SECRET = "ck_made_up", "cs_made_up"
SITE_URL = "https://shop.example.com/store"
AUTHORIZATION = "Basic " + base64.b64encode(f"{CONSUMER_KEY}:{CONSUMER_SECRET}".encode()).decode()


@dataclass
class FakeWooCommerce:
    """One shop; `before_next_page` is called before each page but the first."""

    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    customers: dict[int, dict[str, Any]] = field(default_factory=dict)
    before_next_page: Callable[[], None] = field(default=lambda: None)
    page_count: int = 0

    def __call__(self, request: ApiRequest) -> ApiResponse:
        if request.headers.get("authorization") != AUTHORIZATION:
            return ApiResponse({"code": "woocommerce_rest_cannot_view"}, 401)
        if self.page_count:
            self.before_next_page()
        self.page_count += 1
        if request.path == "/store/wp-json/wc/v3/orders":
            return self._list_orders(request.query)
        assert request.path == "/store/wp-json/wc/v3/customers"
        return self._list_customers(request.query)

    def _list_orders(self, query: dict[str, str]) -> ApiResponse:
        assert (query["orderby"], query["order"]) == ("modified", "asc")
        assert query["dates_are_gmt"] == "true"
        assert len(query["modified_after"]) == 19, "With a zone WordPress would move the time."
        keys = sorted((order["date_modified_gmt"], id_) for id_, order in self.orders.items())
        matches = [self.orders[id_] for at, id_ in keys if at > query["modified_after"]]
        return _list_page(matches, query)

    def _list_customers(self, query: dict[str, str]) -> ApiResponse:
        assert (query["orderby"], query["order"]) == ("registered_date", "desc")
        oldest_first = sorted(
            self.customers.values(), key=lambda customer: customer["date_created_gmt"]
        )
        return _list_page(oldest_first[::-1], query)


def _list_page(records: list[dict[str, Any]], query: dict[str, str]) -> ApiResponse:
    offset, size = int(query["offset"]), int(query["per_page"])
    pages = -(-len(records) // size)
    headers = {"X-WP-Total": str(len(records)), "X-WP-TotalPages": str(pages)}
    return ApiResponse(records[offset : offset + size], 200, headers)
