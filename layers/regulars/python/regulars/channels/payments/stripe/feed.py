"""List Stripe events with the Events API: the same events as the webhooks, newest first, available for 30 days.

Stripe returns each event in the API version in which it was created, whatever version a request names. Therefore the
request names none.
https://docs.stripe.com/api/events/list, https://docs.stripe.com/rate-limits
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from regulars.channels.feeds.contract import Feed, FeedPage, FeedRecord
from regulars.channels.feeds.feed_provider import FeedProvider
from regulars.channels.feeds.provider_api import ProviderApi, decode_response, response_time
from regulars.domain.times import from_text, to_text

EVENTS_URL = "https://api.stripe.com/v1/events"
PAGE_SIZE = "100"
# Stripe accepts at most 20 types in one request.
FEED_EVENT_TYPES = {
    "sales": (
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "charge.refunded",
        "charge.dispute.created",
        "refund.created",
        "refund.updated",
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "invoice.paid",
        "invoice.payment_failed",
    ),
    "records": (
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "product.updated",
        "price.updated",
    ),
}


class _ListedEvent(msgspec.Struct):
    id: str
    created: int


class _EventList(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool = False


class StripeFeed:
    """The Stripe events of some types. Events that Stripe creates during the walk are left to the next walk."""

    def __init__(self, name: str, key: str, provider: ProviderApi) -> None:
        self.name = name
        self._headers = {"authorization": f"Bearer {key}"}
        self._provider = provider

    def read_page(self, since: str, cursor: str) -> FeedPage:
        """Return at most 100 events; the cursor is the id of the last event of the previous page."""
        query = [
            ("limit", PAGE_SIZE),
            ("created[gte]", str(int(from_text(since).timestamp()))),
            *(("types[]", type_) for type_ in FEED_EVENT_TYPES[self.name]),
            *((("starting_after", cursor),) if cursor else ()),
        ]
        response = self._provider.get(EVENTS_URL, query, self._headers, has_cursor=bool(cursor))
        page = decode_response(response.body, _EventList)
        listed_events = [decode_response(bytes(raw), _ListedEvent) for raw in page.data]
        latest_epoch = max((event.created for event in listed_events), default=None)
        return FeedPage(
            records=tuple(FeedRecord(bytes(raw)) for raw in page.data),
            newest=""
            if latest_epoch is None
            else to_text(datetime.fromtimestamp(latest_epoch, UTC)),
            at=response_time(response),
            cursor=listed_events[-1].id if page.has_more and listed_events else "",
        )


def list_feeds(
    config: Mapping[str, Any],  # noqa: ARG001 (a key belongs to one account)
    credentials: Mapping[str, str],
    provider: ProviderApi,
) -> list[Feed]:
    """Return the feeds of an account; none without an API key."""
    key = credentials.get("api_key", "")
    return [StripeFeed(name, key, provider) for name in FEED_EVENT_TYPES] if key else []


FEED_PROVIDER = FeedProvider(channel="stripe", list_feeds=list_feeds)
