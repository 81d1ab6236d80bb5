"""Define the canonical event that the ledger stores; it contains no personal data in clear."""

import base64
import hashlib
from typing import Any

import msgspec

# Between the dedupe parts of an event, and in its place within one.
_SEPARATOR_CHARACTER, _INNER_SEPARATOR_CHARACTER = "\x1f", "\x1e"


class Item(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One product of an event: a line of an order or a cart, or a viewed product.

    `price` is the price of one unit in minor units of the event's currency; `quantity` is positive.
    """

    product_id: str
    name: str = ""
    category: str = ""
    quantity: int = 1
    price: int | None = None


class OrderFact(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The statement of an event about one order: a refund or a snapshot.

    `key` is `<store>/<order id>`, so that a webhook, an SDK and an import give the same order one key.
    A fact with `refund_id` adds one refund: of `refunded`, of the whole total when that is None, or, when it is negative,
    of a refund that failed. Any other fact is a snapshot of the order; the newest `version` wins, then the greater event
    id. A version is an RFC 3339 text. In a provider's export it is the last second that the export covers, which sorts
    before live snapshots of that second; in a file of order lines it begins with 0, which sorts before all live ones.
    Amounts are minor units of `currency`; `total` is what the buyer pays, tax and shipping included. A `claimed` order is
    not counted until stronger evidence than a browser reports an order of the same key.
    """

    key: str
    version: str
    placed_at: str = ""
    status: str = "placed"  # placed | paid | cancelled
    total: int = 0
    refunded: int | None = 0
    refund_id: str = ""
    currency: str = ""
    claimed: bool = False


class ConsentChange(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A consent status as received, at an RFC 3339 time, for one address.

    `channel` is email|sms|whatsapp|phone|line|wechat|telegram, `status` granted|denied|pending|complained, `purpose`
    marketing|transactional|all. `address` is the subject key of the address; '' for a change that names none. `basis` is
    the legal basis, `wording` the version of the text that the person agreed to.
    """

    channel: str
    status: str
    at: str
    basis: str = ""
    purpose: str = "marketing"
    address: str = ""
    wording: str = ""


class Event(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One event of the ledger.

    `type` is a name of Segment's e-commerce spec V2 (`Order Completed`), a name of ours in the same style
    (`Payment Succeeded`), or `Identified`, `Page Viewed`, `Screen Viewed`, `Grouped`, `Aliased`. `subjects` are
    subject keys, strongest first; the event is indexed and folded under the first one. Times are RFC 3339 UTC texts
    with milliseconds. No field contains personal data in clear.
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
    traits: dict[str, str] = {}  # country, locale, timezone; never personal data
    properties: dict[str, Any] = {}
    clock_skewed: bool = False  # occurred_at was corrected or clamped
    backfill: bool = False  # history: updates profiles and models, triggers no message
    test: bool = False  # the sender's test mode: stored, never counted
    trust: str = (
        ""  # browser | server | verified | owner; '' for what the source implies (`domain.trust`)
    )

    @property
    def subject(self) -> str:
        """The subject under which the event is indexed and folded; '' when no person is known."""
        return self.subjects[0] if self.subjects else ""


def event_id(*dedupe_parts: str) -> str:
    """Return the ledger's key: 16 URL-safe characters (96 bits of SHA-256) of the dedupe parts, never of the arrival."""
    # A sender chooses some parts. One that holds the separator must not look like two: it would be the id of another
    # sender's event, which would then never be recorded.
    parts = (
        part.replace(_SEPARATOR_CHARACTER, _INNER_SEPARATOR_CHARACTER) for part in dedupe_parts
    )
    digest = hashlib.sha256(_SEPARATOR_CHARACTER.join(parts).encode()).digest()
    return base64.urlsafe_b64encode(digest[:12]).decode()


def encode_event(event: Event) -> bytes:
    """Return the event as canonical JSON: the same event gives the same bytes."""
    return _ENCODER.encode(event)


def decode_event(text: bytes | str) -> Event:
    """Return the event of `encode_event`; raise msgspec.ValidationError when the text is no event."""
    return _DECODER.decode(text)


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Event)
