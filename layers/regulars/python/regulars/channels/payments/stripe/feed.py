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
from regulars.channels.feeds.provider_api import Provider, decoded, told_at
from regulars.domain.times import from_text, to_text

URL = "https://api.stripe.com/v1/events"
LIMIT = "100"
# Stripe takes at most 20 types at once.
TYPES = {
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


class _Stamp(msgspec.Struct):
    id: str
    created: int


class _Events(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool = False


class StripeFeed:
    """The events of some types; what happens meanwhile comes before the first page and is left to the next walk."""

    def __init__(self, name: str, key: str, provider: Provider) -> None:
        self.name = name
        self._headers = {"authorization": f"Bearer {key}"}
        self._provider = provider

    def read_page(self, since: str, cursor: str) -> FeedPage:
        """At most 100; the cursor is the last event shown."""
        query = [
            ("limit", LIMIT),
            ("created[gte]", str(int(from_text(since).timestamp()))),
            *(("types[]", type_) for type_ in TYPES[self.name]),
            *((("starting_after", cursor),) if cursor else ()),
        ]
        answer = self._provider.get(URL, query, self._headers, resumed=bool(cursor))
        listed = decoded(answer.body, _Events)
        stamps = [decoded(bytes(raw), _Stamp) for raw in listed.data]
        latest = max((one.created for one in stamps), default=None)
        return FeedPage(
            tuple(FeedRecord(bytes(raw)) for raw in listed.data),
            "" if latest is None else to_text(datetime.fromtimestamp(latest, UTC)),
            told_at(answer),
            stamps[-1].id if listed.has_more and stamps else "",
        )


def list_feeds(
    config: Mapping[str, Any],  # noqa: ARG001 (a key is of one account)
    credentials: Mapping[str, str],
    provider: Provider,
) -> list[Feed]:
    """What an account can be asked for."""
    key = credentials.get("api_key", "")
    return [StripeFeed(name, key, provider) for name in TYPES] if key else []


FEED_PROVIDER = FeedProvider(channel="stripe", list_feeds=list_feeds)
