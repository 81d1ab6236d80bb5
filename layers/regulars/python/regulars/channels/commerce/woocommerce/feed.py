"""List orders by modification time and customers by registration time with WooCommerce's REST API (v3).

The JSON is the same as in the webhooks.
https://woocommerce.github.io/woocommerce-rest-api-docs/#list-all-orders
"""

import base64
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from regulars.channels.feeds.change_times import find_change_time, find_latest_time
from regulars.channels.feeds.contract import Feed, FeedPage, FeedRecord, config_error
from regulars.channels.feeds.feed_provider import FeedProvider
from regulars.channels.feeds.https import ProviderResponse
from regulars.channels.feeds.provider_api import ProviderApi, decode_response, response_time
from regulars.domain.times import from_text, to_text

PAGE_SIZE = 100
# A page by offset repeats some records of the page before it, because changes and deletions shift the offsets.
OVERLAP_RECORDS = 20
ONE_SECOND = timedelta(seconds=1)
_SITE_PATTERN = re.compile(
    r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?"
)


class StoreApi:
    """The REST API of one shop, opened with a consumer key."""

    def __init__(self, site: str, credentials: Mapping[str, str], provider: ProviderApi) -> None:
        key = f"{credentials['consumer_key']}:{credentials['consumer_secret']}"
        self._headers = {
            "authorization": f"Basic {base64.b64encode(key.encode()).decode()}",
            "accept": "application/json",
        }
        self._url = f"{site}/wp-json/wc/v3"
        self._provider = provider

    def get(self, kind: str, **query: str) -> tuple[ProviderResponse, list[msgspec.Raw]]:
        """Return one page of a kind of resource."""
        parameters = [("per_page", str(PAGE_SIZE)), *query.items()]
        response = self._provider.get(f"{self._url}/{kind}", parameters, self._headers)
        return response, decode_response(response.body, list[msgspec.Raw])


class OrdersFeed:
    """The orders of a shop, oldest change first.

    A walk never counts its pages from the start: a changed order moves to the end, and each move would hide another order.
    Each page begins just before the second in which the previous one ended. An offset counts orders within one second only.
    """

    name = "orders"

    def __init__(self, api: StoreApi) -> None:
        self._api = api

    def read_page(self, since: str, cursor: str) -> FeedPage:
        """Return at most 100 orders."""
        # Send no zone. With one, WordPress converts the time from the time zone of the site.
        after, _, offset = (cursor or f"{since[:19]} 0").partition(" ")
        response, raws = self._api.get(
            "orders",
            modified_after=after,
            dates_are_gmt="true",
            orderby="modified",
            order="asc",
            offset=offset,
        )
        change_times = [
            find_change_time(raw, "date_modified_gmt", "date_created_gmt") for raw in raws
        ]
        headers = {"x-wc-webhook-topic": "order.updated"}
        return FeedPage(
            records=tuple(FeedRecord(bytes(raw), headers) for raw in raws),
            newest=find_latest_time(change_times),
            at=response_time(response),
            cursor=_build_next_cursor(after, int(offset), find_latest_time(change_times))
            if _has_more(response, raws)
            else "",
        )


class CustomersFeed:
    """The customers of a shop, newest first. WooCommerce does not report which customers were changed."""

    name = "customers"

    def __init__(self, api: StoreApi) -> None:
        self._api = api

    def read_page(self, since: str, cursor: str) -> FeedPage:
        """Return at most 100 customers. A registration moves the others down, a deletion moves them up."""
        offset = int(cursor or "0")
        response, raws = self._api.get(
            "customers", orderby="registered_date", order="desc", offset=str(offset)
        )
        creation_times = [find_change_time(raw, "date_created_gmt") for raw in raws]
        dated_records = zip(raws, creation_times, strict=True)
        headers = {"x-wc-webhook-topic": "customer.created"}
        has_more = (
            _has_more(response, raws) and min(filter(None, creation_times), default="") >= since
        )
        return FeedPage(
            records=tuple(
                FeedRecord(bytes(raw), headers) for raw, at in dated_records if at >= since
            ),
            newest=find_latest_time(creation_times),
            at=response_time(response),
            cursor=str(offset + PAGE_SIZE - OVERLAP_RECORDS) if has_more else "",
        )


def list_feeds(
    config: Mapping[str, Any], credentials: Mapping[str, str], provider: ProviderApi
) -> list[Feed]:
    """Return the feeds of a shop; none without a key. Raise FeedError(misconfigured) for an invalid address."""
    if not credentials.get("consumer_key") or not credentials.get("consumer_secret"):
        return []
    address = str(config.get("site") or "").strip().rstrip("/")
    if not _SITE_PATTERN.fullmatch(address):
        raise config_error("The shop's address is not like https://shop.example.com. Connect it.")
    api = StoreApi(address, credentials, provider)
    return [OrdersFeed(api), CustomersFeed(api)]


def _has_more(response: ProviderResponse, raws: list[msgspec.Raw]) -> bool:
    """Return whether there may be more. A page can be full although it leaves out what the key may not read."""
    pages = response.headers.get("x-wp-totalpages", "")
    return bool(raws) and (len(raws) >= PAGE_SIZE or (pages.isdigit() and int(pages) > 1))


def _build_next_cursor(after: str, offset: int, latest: str) -> str:
    """Return the cursor of the next page. `modified_after` excludes its own second."""
    next_start = to_text(from_text(latest) - ONE_SECOND)[:19] if latest else ""
    return (
        f"{next_start} 0"
        if next_start > after
        else f"{after} {offset + PAGE_SIZE - OVERLAP_RECORDS}"
    )


FEED_PROVIDER = FeedProvider(channel="woocommerce", list_feeds=list_feeds)
