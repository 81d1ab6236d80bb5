"""Build the event of a Shopify resource, and the sale at a till."""

from typing import Any

import msgspec

from regulars.channels.commerce.shopify.customers import build_consents, read_traits
from regulars.channels.commerce.shopify.delivery import (
    CHANNEL_NAME,
    find_shop,
    hash_content,
    is_test,
    resolve_times,
)
from regulars.channels.commerce.shopify.orders import build_items, build_order, find_currency
from regulars.channels.commerce.shopify.properties import build_properties
from regulars.channels.commerce.shopify.topics import IN_STORE_SALE, find_event_type
from regulars.channels.contract import Request
from regulars.domain.events import Event, event_id
from regulars.domain.times import to_text


def build_event(request: Request, topic: str, kind: str, body: dict[str, Any]) -> Event:
    """Return the event of the topic."""
    shop = find_shop(request)
    times = resolve_times(request, topic, body)
    currency = find_currency(body, request.default_currency)
    return Event(
        id=event_id(CHANNEL_NAME, shop, topic, hash_content(request)),
        type=find_event_type(topic, body),
        channel="pos" if body.get("source_name") == "pos" else "shop",
        source=f"{CHANNEL_NAME}/{request.source}",
        occurred_at=times.occurred_at,
        received_at=to_text(request.received_at),
        items=build_items(kind, body, currency),
        currency=currency,
        order=build_order(kind, body, f"{CHANNEL_NAME}/{shop}", currency),
        consents=build_consents(kind, body),
        traits=read_traits(kind, body),
        properties=build_properties(topic, body, currency),
        clock_skewed=times.clock_skewed,
        backfill=times.backfill,
        test=is_test(request, body),
    )


def build_in_store_event(request: Request, event: Event) -> Event:
    """Return the sale at the till, which refers to its order and does not count it again."""
    id_ = event_id(CHANNEL_NAME, find_shop(request), IN_STORE_SALE, hash_content(request))
    order = {"order_id": event.order.key.rpartition("/")[2]} if event.order else {}
    return msgspec.structs.replace(
        event,
        id=id_,
        type=IN_STORE_SALE,
        items=(),
        order=None,
        consents=(),
        properties=event.properties | order,
    )
