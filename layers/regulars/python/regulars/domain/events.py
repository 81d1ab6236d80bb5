"""The canonical event: what one delivery on one channel said, without saying who in clear."""

import base64
import hashlib
from typing import Any

import msgspec


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One product in an event: an order line, a product viewed, a line of a cart.

    `price` is the price of ONE unit in minor units of the event's currency; `quantity` is positive.
    """

    product_id: str
    name: str = ""
    category: str = ""
    quantity: int = 1
    price: int | None = None


class OrderFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an event says about one order.

    `key` is `<store>/<order id>`: the same order told by a webhook, an SDK and an import has one key.
    A fact with `refund_id` adds one refund (of `refunded`, or of everything when that is None; below zero, of one that
    failed after all); any other fact is a snapshot of the order, of which the newest `version` wins, ties broken by
    event id: an RFC 3339 text; in a provider's export the last second that it tells of, before what was told live in
    it; in a file of order lines with a 0 before it, which is older than all that was told live.
    Amounts are minor units of `currency`; `total` is what the buyer pays, tax and shipping included.
    """

    key: str
    version: str
    placed_at: str = ""
    status: str = "placed"  # placed | paid | cancelled
    total: int = 0
    refunded: int | None = 0
    refund_id: str = ""
    currency: str = ""


class ConsentChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """Consent as received, at an RFC 3339 time.

    `channel` email|sms|whatsapp|phone|line|wechat|telegram, `status` granted|denied|pending.
    """

    channel: str
    status: str
    at: str
    basis: str = ""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event of the ledger.

    `type` is the Segment e-commerce V2 name (`Order Completed`), one of ours in its manner
    (`Payment Succeeded`), or `Identified`, `Page Viewed`, `Screen Viewed`, `Grouped`, `Aliased`. `subjects` are
    subject keys, strongest first; the first one is the subject under which the event is indexed and folded. Times
    are RFC 3339 UTC texts with milliseconds. Nothing here is personal in clear.
    """

    id: str
    type: str
    channel: str  # web | shop | pos | form | import | email | chat | payments | booking | crm
    source: str  # <channel module>/<source id>: segment/web, shopify/main, import/orders.csv
    occurred_at: str
    received_at: str
    subjects: tuple[str, ...] = ()
    sent_at: str = ""
    items: tuple[Item, ...] = ()
    currency: str = ""
    order: OrderFact | None = None
    consents: tuple[ConsentChange, ...] = ()
    traits: dict[str, str] = {}  # of the person, never personal: country, locale, timezone
    properties: dict[str, Any] = {}
    clock_skewed: bool = False  # occurred_at was corrected or clamped
    backfill: bool = False  # history: updates profiles and models, never a message
    test: bool = False  # the sender's test mode: kept, never counted

    @property
    def subject(self) -> str:
        """The subject under which the event is indexed and folded, '' when nobody is known."""
        return self.subjects[0] if self.subjects else ""


def event_id(*dedupe_parts: str) -> str:
    """The ledger's key: 16 URL-safe characters (96 bits of SHA-256) of the dedupe key alone, never of arrival."""
    digest = hashlib.sha256("\x1f".join(dedupe_parts).encode()).digest()
    return base64.urlsafe_b64encode(digest[:12]).decode()


def encode(event: Event) -> bytes:
    """The event as canonical JSON: the same event is the same bytes."""
    return _ENCODER.encode(event)


def decode(text: bytes | str) -> Event:
    """The event of `encode`; msgspec.ValidationError when it is none."""
    return _DECODER.decode(text)


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Event)
