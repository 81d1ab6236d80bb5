"""List changed orders and customers with Shopify's Admin REST API, in the same JSON as the webhooks.

Use REST instead of GraphQL, because REST returns an order in the form of its webhook and one translation serves both.
Shopify keeps the REST API available to the apps that a shop creates for itself.
https://shopify.dev/docs/api/usage/pagination-rest, https://shopify.dev/docs/api/usage/limits
https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from regulars.channels.feeds.change_times import newest, stamp
from regulars.channels.feeds.contract import Feed, FeedPage, FeedRecord, misconfigured
from regulars.channels.feeds.feed_provider import FeedProvider
from regulars.channels.feeds.https import Answer
from regulars.channels.feeds.provider_api import Provider, decoded, told_at

VERSION = "2026-10"
LIMIT = "250"
# What is read → the topic whose webhook would have brought it, and what only the first page is asked with.
KINDS = {
    "orders": ("orders/updated", (("status", "any"),)),
    "customers": ("customers/update", ()),
}
LEAK_SECONDS = 0.5  # Shopify forgets two calls a second
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_NEXT = re.compile(r"<([^<>]*)>\s*;\s*rel=\"?next\"?")


class _Token(msgspec.Struct):
    access_token: str


class Admin:
    """One shop's Admin API, which is asked with the app's token, or with one made from its id and secret."""

    def __init__(self, shop: str, credentials: Mapping[str, str], provider: Provider) -> None:
        self.shop = shop
        self._credentials = credentials
        self._provider = provider
        self._token = credentials.get("access_token", "")

    def get(self, kind: str, query: tuple[tuple[str, str], ...], *, resumed: bool) -> Answer:
        """One page; then room is left in the bucket that all apps of the shop fill."""
        url = f"https://{self.shop}/admin/api/{VERSION}/{kind}.json"
        headers = {"x-shopify-access-token": self._opened(), "accept": "application/json"}
        answer = self._provider.get(url, query, headers, resumed=resumed)
        used, _, size = answer.headers.get("x-shopify-shop-api-call-limit", "").partition("/")
        if used.isdigit() and size.isdigit() and int(used) * 2 > int(size):
            self._provider.pause(LEAK_SECONDS)
        return answer

    def _opened(self) -> str:
        if not self._token:
            said = {name: self._credentials[name] for name in ("client_id", "client_secret")}
            url = f"https://{self.shop}/admin/oauth/access_token"
            answer = self._provider.post(url, {"grant_type": "client_credentials", **said})
            self._token = decoded(answer.body, _Token).access_token
        return self._token


class ShopifyFeed:
    """The orders or the customers of a shop, those that were changed longest ago first."""

    def __init__(self, name: str, admin: Admin) -> None:
        self.name = name
        self._admin = admin

    def read_page(self, since: str, cursor: str) -> FeedPage:
        """At most 250; Shopify's cursor takes no filter beside it."""
        topic, first = KINDS[self.name]
        asked = (("updated_at_min", since), ("order", "updated_at asc"), *first)
        query = (("limit", LIMIT), *((("page_info", cursor),) if cursor else asked))
        answer = self._admin.get(self.name, query, resumed=bool(cursor))
        raws = decoded(answer.body, dict[str, list[msgspec.Raw]]).get(self.name, [])
        headers = {"x-shopify-topic": topic, "x-shopify-shop-domain": self._admin.shop}
        return FeedPage(
            tuple(FeedRecord(bytes(raw), headers) for raw in raws),
            newest(stamp(raw, "updated_at") for raw in raws),
            told_at(answer),
            _next(answer.headers.get("link", "")),
        )


def list_feeds(
    config: Mapping[str, Any], credentials: Mapping[str, str], provider: Provider
) -> list[Feed]:
    """What a shop can be asked for."""
    has_app = credentials.get("client_id") and credentials.get("client_secret")
    if not credentials.get("access_token") and not has_app:
        return []
    shop = str(config.get("shop") or "").strip().lower()
    if not _DOMAIN.fullmatch(shop):
        raise misconfigured("The shop's domain is not one of myshopify.com; connect it again.")
    admin = Admin(shop, credentials, provider)
    return [ShopifyFeed(name, admin) for name in KINDS]


def _next(link: str) -> str:
    """The cursor in the link to the next page; the link itself is never followed, wherever it leads."""
    found = _NEXT.search(link)
    asked = parse_qs(urlsplit(found[1]).query) if found else {}
    return next(iter(asked.get("page_info", ())), "")


FEED_PROVIDER = FeedProvider(channel="shopify", list_feeds=list_feeds)
