"""Implement Shopify's Admin REST API as documented: filters, cursors in the Link header, rate limits, app tokens."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from regulars.domain.times import from_text
from tests.providers.server import ApiRequest, ApiResponse
from tests.support.shopify_deliveries import SHOP

ACCESS_TOKEN = "shpat_made_up"
API_PREFIX = "/admin/api/2026-10/"


@dataclass
class FakeShopify:
    """One shop; `before_next_page` is called before each page but the first."""

    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    customers: dict[int, dict[str, Any]] = field(default_factory=dict)
    before_next_page: Callable[[], None] = field(default=lambda: None)
    used_calls: int = 1
    refused_kinds: frozenset[str] = frozenset()

    def __call__(self, request: ApiRequest) -> ApiResponse:
        if request.path == "/admin/oauth/access_token":
            return _exchange_token(request)
        kind = request.path.removeprefix(API_PREFIX).removesuffix(".json")
        token = request.headers.get("x-shopify-access-token")
        is_authorized = token == ACCESS_TOKEN and request.host == SHOP
        if not is_authorized or kind in self.refused_kinds:
            return ApiResponse({"errors": "[API] Invalid API key or access token"}, 401)
        records = {"orders": self.orders, "customers": self.customers}[kind]
        return self._list_records(kind, records, request)

    def _list_records(
        self, kind: str, records: dict[int, dict[str, Any]], request: ApiRequest
    ) -> ApiResponse:
        cursor = request.query.get("page_info")
        if cursor:
            if request.query.keys() - {"page_info", "limit", "fields"}:
                return ApiResponse({"errors": "page_info takes no filter"}, 400)
            self.before_next_page()
            since, after, after_id = _decode_cursor(cursor)
        else:
            if kind == "orders" and request.query.get("status") != "any":
                return ApiResponse({"orders": []})  # the default leaves out closed orders
            since, after, after_id = request.query["updated_at_min"], "", 0
        keys = sorted((_to_utc(record["updated_at"]), id_) for id_, record in records.items())
        matches = [key for key in keys if key[0] >= _to_utc(since) and key > (after, after_id)]
        limit = int(request.query["limit"])
        page = matches[:limit]
        headers = {"X-Shopify-Shop-Api-Call-Limit": f"{self.used_calls}/40"}
        if len(matches) > limit:
            next_cursor = _encode_cursor(since, *page[-1])
            url = f"https://{SHOP}{request.path}?limit={limit}&page_info={next_cursor}"
            headers["Link"] = f'<{url}>; rel="next"'
        return ApiResponse({kind: [records[id_] for _, id_ in page]}, 200, headers)


def _exchange_token(request: ApiRequest) -> ApiResponse:
    grant = json.loads(request.body)
    is_app = grant["grant_type"] == "client_credentials" and grant["client_secret"] == "s"
    body = {"access_token": ACCESS_TOKEN, "expires_in": 86399}
    return ApiResponse(body, 200 if is_app else 400)


def _to_utc(text: str) -> str:
    return from_text(text).isoformat()


def _encode_cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _decode_cursor(cursor: str) -> tuple[str, str, int]:
    since, after, id_ = json.loads(base64.urlsafe_b64decode(cursor))
    return since, after, id_
