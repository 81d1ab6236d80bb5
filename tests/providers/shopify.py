"""Shopify's Admin REST API as documented: filters, cursors in the Link header, a leaky bucket, tokens of apps."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from regulars.domain.times import from_text
from tests.providers.server import Call, Said
from tests.support.shopify_deliveries import SHOP

TOKEN = "shpat_made_up"
API = "/admin/api/2026-10/"


@dataclass
class Shopify:
    """One shop; `between` is called before each page but the first: what happens while pages are turned."""

    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    customers: dict[int, dict[str, Any]] = field(default_factory=dict)
    between: Callable[[], None] = field(default=lambda: None)
    used: int = 1
    refused: frozenset[str] = frozenset()

    def __call__(self, call: Call) -> Said:
        if call.path == "/admin/oauth/access_token":
            asked = json.loads(call.body)
            is_app = asked["grant_type"] == "client_credentials" and asked["client_secret"] == "s"
            return Said({"access_token": TOKEN, "expires_in": 86399}, 200 if is_app else 400)
        kind = call.path.removeprefix(API).removesuffix(".json")
        is_known = call.headers.get("x-shopify-access-token") == TOKEN and call.host == SHOP
        if not is_known or kind in self.refused:
            return Said({"errors": "[API] Invalid API key or access token"}, 401)
        return self._page(kind, {"orders": self.orders, "customers": self.customers}[kind], call)

    def _page(self, kind: str, things: dict[int, dict[str, Any]], call: Call) -> Said:
        cursor = call.query.get("page_info")
        if cursor:
            if call.query.keys() - {"page_info", "limit", "fields"}:
                return Said({"errors": "page_info takes no filter"}, 400)
            self.between()
            since, after, after_id = _unsealed(cursor)
        else:
            if kind == "orders" and call.query.get("status") != "any":
                return Said({"orders": []})  # the default leaves out what is closed
            since, after, after_id = call.query["updated_at_min"], "", 0
        keyed = sorted((_at(thing), id_) for id_, thing in things.items())
        found = [key for key in keyed if key[0] >= _utc(since) and key > (after, after_id)]
        limit = int(call.query["limit"])
        page = found[:limit]
        headers = {"X-Shopify-Shop-Api-Call-Limit": f"{self.used}/40"}
        if len(found) > limit:
            sealed = _sealed(since, *page[-1])
            url = f"https://{SHOP}{call.path}?limit={limit}&page_info={sealed}"
            headers["Link"] = f'<{url}>; rel="next"'
        return Said({kind: [things[id_] for _, id_ in page]}, 200, headers)


def _at(thing: dict[str, Any]) -> str:
    return _utc(thing["updated_at"])


def _utc(text: str) -> str:
    return from_text(text).isoformat()


def _sealed(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def _unsealed(cursor: str) -> tuple[str, str, int]:
    since, after, id_ = json.loads(base64.urlsafe_b64decode(cursor))
    return since, after, id_
