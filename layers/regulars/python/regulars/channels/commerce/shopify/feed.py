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

from regulars.channels.feeds.change_times import find_change_time, find_latest_time
from regulars.channels.feeds.contract import Feed, FeedPage, FeedRecord, config_error
from regulars.channels.feeds.feed_provider import FeedProvider
from regulars.channels.feeds.https import ProviderResponse
from regulars.channels.feeds.provider_api import ProviderApi, decode_response, response_time

API_VERSION = "2026-10"
PAGE_SIZE = "250"
# Resource → the topic of its webhook, and the query parameters of the first page only.
FEED_QUERIES = {
    "orders": ("orders/updated", (("status", "any"),)),
    "customers": ("customers/update", ()),
}
PAUSE_SECONDS = 0.5  # Shopify's bucket leaks two calls a second
_DOMAIN_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_NEXT_LINK = re.compile(r"<([^<>]*)>\s*;\s*rel=\"?next\"?")


class _TokenResponse(msgspec.Struct):
    access_token: str


class AdminApi:
    """The Admin API of one shop, called with the app's token or with a token for its client id and secret."""

    def __init__(self, shop: str, credentials: Mapping[str, str], provider: ProviderApi) -> None:
        self.shop = shop
        self._credentials = credentials
        self._provider = provider
        self._token = credentials.get("access_token", "")

    def get(
        self, kind: str, query: tuple[tuple[str, str], ...], *, has_cursor: bool
    ) -> ProviderResponse:
        """Return one page, then pause if the call limit, which all apps of the shop share, is half used."""
        url = f"https://{self.shop}/admin/api/{API_VERSION}/{kind}.json"
        headers = {
            "x-shopify-access-token": self._find_access_token(),
            "accept": "application/json",
        }
        response = self._provider.get(url, query, headers, has_cursor=has_cursor)
        used, _, size = response.headers.get("x-shopify-shop-api-call-limit", "").partition("/")
        if used.isdigit() and size.isdigit() and int(used) * 2 > int(size):
            self._provider.pause(PAUSE_SECONDS)
        return response

    def _find_access_token(self) -> str:
        if not self._token:
            app_credentials = {
                name: self._credentials[name] for name in ("client_id", "client_secret")
            }
            url = f"https://{self.shop}/admin/oauth/access_token"
            response = self._provider.post(
                url, {"grant_type": "client_credentials", **app_credentials}
            )
            self._token = decode_response(response.body, _TokenResponse).access_token
        return self._token


class ShopifyFeed:
    """The orders or the customers of a shop, oldest change first."""

    def __init__(self, name: str, admin: AdminApi) -> None:
        self.name = name
        self._admin = admin

    def read_page(self, since: str, cursor: str) -> FeedPage:
        """Return at most 250 records; Shopify's cursor allows no filter beside it."""
        topic, first_query = FEED_QUERIES[self.name]
        changes_query = (("updated_at_min", since), ("order", "updated_at asc"), *first_query)
        query = (("limit", PAGE_SIZE), *((("page_info", cursor),) if cursor else changes_query))
        response = self._admin.get(self.name, query, has_cursor=bool(cursor))
        raws = decode_response(response.body, dict[str, list[msgspec.Raw]]).get(self.name, [])
        headers = {"x-shopify-topic": topic, "x-shopify-shop-domain": self._admin.shop}
        return FeedPage(
            records=tuple(FeedRecord(bytes(raw), headers) for raw in raws),
            newest=find_latest_time(find_change_time(raw, "updated_at") for raw in raws),
            at=response_time(response),
            cursor=_find_next_cursor(response.headers.get("link", "")),
        )


def list_feeds(
    config: Mapping[str, Any], credentials: Mapping[str, str], provider: ProviderApi
) -> list[Feed]:
    """Return the feeds of a shop; none without credentials. Raise FeedError(misconfigured) for an invalid domain."""
    has_app = credentials.get("client_id") and credentials.get("client_secret")
    if not credentials.get("access_token") and not has_app:
        return []
    shop = str(config.get("shop") or "").strip().lower()
    if not _DOMAIN_PATTERN.fullmatch(shop):
        raise config_error(
            "The shop's domain does not end in .myshopify.com. Connect the shop again."
        )
    admin = AdminApi(shop, credentials, provider)
    return [ShopifyFeed(name, admin) for name in FEED_QUERIES]


def _find_next_cursor(link: str) -> str:
    """Return the cursor in the link to the next page. The link itself is never followed, wherever it points."""
    match = _NEXT_LINK.search(link)
    parameters = parse_qs(urlsplit(match[1]).query) if match else {}
    return next(iter(parameters.get("page_info", ())), "")


FEED_PROVIDER = FeedProvider(channel="shopify", list_feeds=list_feeds)
