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

from regulars.channels.feeds.change_times import newest, stamp
from regulars.channels.feeds.contract import Feed, FeedPage, FeedRecord, misconfigured
from regulars.channels.feeds.feed_provider import FeedProvider
from regulars.channels.feeds.https import Answer
from regulars.channels.feeds.provider_api import Provider, decoded, told_at
from regulars.domain.times import from_text, to_text

SIZE = 100
# Where pages are counted the next one shows some again: who changes or goes meanwhile leaves a gap.
SHOWN_AGAIN = 20
SECOND = timedelta(seconds=1)
_SITE = re.compile(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


class Site:
    """One shop's API, opened with a consumer key."""

    def __init__(self, site: str, credentials: Mapping[str, str], provider: Provider) -> None:
        key = f"{credentials['consumer_key']}:{credentials['consumer_secret']}"
        self._headers = {
            "authorization": f"Basic {base64.b64encode(key.encode()).decode()}",
            "accept": "application/json",
        }
        self._url = f"{site}/wp-json/wc/v3"
        self._provider = provider

    def get(self, kind: str, **query: str) -> tuple[Answer, list[msgspec.Raw]]:
        """One page of a kind of resource."""
        asked = [("per_page", str(SIZE)), *query.items()]
        answer = self._provider.get(f"{self._url}/{kind}", asked, self._headers)
        return answer, decoded(answer.body, list[msgspec.Raw])


class OrdersFeed:
    """The orders, those that were changed longest ago first.

    Pages are never counted from the start: what changes moves to the end, and each that moves would hide another. Each
    page begins just before the second in which the last one ended; only within one second orders are counted.
    """

    name = "orders"

    def __init__(self, site: Site) -> None:
        self._site = site

    def read_page(self, since: str, cursor: str) -> FeedPage:
        """At most 100."""
        # Without a zone: with one, WordPress would take it for the site's time and move it.
        after, _, skipped = (cursor or f"{since[:19]} 0").partition(" ")
        answer, raws = self._site.get(
            "orders",
            modified_after=after,
            dates_are_gmt="true",
            orderby="modified",
            order="asc",
            offset=skipped,
        )
        stamps = [stamp(raw, "date_modified_gmt", "date_created_gmt") for raw in raws]
        headers = {"x-wc-webhook-topic": "order.updated"}
        return FeedPage(
            tuple(FeedRecord(bytes(raw), headers) for raw in raws),
            newest(stamps),
            told_at(answer),
            _following(after, int(skipped), newest(stamps)) if _is_full(answer, raws) else "",
        )


class CustomersFeed:
    """The customers who registered, newest first: WooCommerce does not say which were changed."""

    name = "customers"

    def __init__(self, site: Site) -> None:
        self._site = site

    def read_page(self, since: str, cursor: str) -> FeedPage:
        """At most 100. Who registers meanwhile moves the others further down, who is deleted moves them up."""
        skipped = int(cursor or "0")
        answer, raws = self._site.get(
            "customers", orderby="registered_date", order="desc", offset=str(skipped)
        )
        stamps = [stamp(raw, "date_created_gmt") for raw in raws]
        told = zip(raws, stamps, strict=True)
        headers = {"x-wc-webhook-topic": "customer.created"}
        goes_on = _is_full(answer, raws) and min(filter(None, stamps), default="") >= since
        return FeedPage(
            tuple(FeedRecord(bytes(raw), headers) for raw, at in told if at >= since),
            newest(stamps),
            told_at(answer),
            str(skipped + SIZE - SHOWN_AGAIN) if goes_on else "",
        )


def list_feeds(
    config: Mapping[str, Any], credentials: Mapping[str, str], provider: Provider
) -> list[Feed]:
    """What a shop can be asked for."""
    if not credentials.get("consumer_key") or not credentials.get("consumer_secret"):
        return []
    address = str(config.get("site") or "").strip().rstrip("/")
    if not _SITE.fullmatch(address):
        raise misconfigured("The shop's address is not like https://shop.example.com; connect it.")
    site = Site(address, credentials, provider)
    return [OrdersFeed(site), CustomersFeed(site)]


def _is_full(answer: Answer, raws: list[msgspec.Raw]) -> bool:
    """Whether there may be more; what the key may not read is left out of a page that is none the less full."""
    pages = answer.headers.get("x-wp-totalpages", "")
    return bool(raws) and (len(raws) >= SIZE or (pages.isdigit() and int(pages) > 1))


def _following(after: str, skipped: int, last: str) -> str:
    """Where the next page begins: `modified_after` leaves its own second out."""
    begins = to_text(from_text(last) - SECOND)[:19] if last else ""
    return f"{begins} 0" if begins > after else f"{after} {skipped + SIZE - SHOWN_AGAIN}"


FEED_PROVIDER = FeedProvider(channel="woocommerce", list_feeds=list_feeds)
