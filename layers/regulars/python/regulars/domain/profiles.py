"""What is known of one person: a fold of their events that gives the same bytes in any order, told once or twice."""

from collections.abc import Iterable

import msgspec

from regulars.domain import identifiers as identity
from regulars.domain.events import ConsentChange, Event
from regulars.domain.orders import NO_ORDERS, Order, OrderTotals, add_to_order, totals

# Counted by name; all others together as OTHER, so that whoever invents names cannot make a profile grow without end.
COUNTED = frozenset({
    *("Identified", "Page Viewed", "Screen Viewed", "Grouped", "Aliased", "Form Submitted"),
    *("Products Searched", "Product List Viewed", "Product List Filtered"),
    *("Promotion Viewed", "Promotion Clicked", "Product Clicked", "Product Viewed"),
    *("Product Added", "Product Removed", "Cart Viewed", "Checkout Started"),
    *("Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered"),
    *("Order Completed", "Order Updated", "Order Refunded", "Order Cancelled"),
    *("Coupon Entered", "Coupon Applied", "Coupon Denied", "Coupon Removed"),
    *("Product Added to Wishlist", "Product Removed from Wishlist", "Product Reviewed"),
    *("Email Delivered", "Email Opened", "Email Link Clicked", "Email Bounced"),
    *("Email Sent", "Email Deferred", "Email Dropped", "Email Marked as Spam"),
    *("Unsubscribed", "Subscribed", "Marketing Consent Changed", "Email Address Changed"),
    *("Contact Subscribed", "Contact Unsubscribed", "Identity Linked"),
    *("Customer Created", "Customer Updated", "Customer Deleted", "Customer Deletion Requested"),
    *("Cart Updated", "Checkout Updated", "Checkout Abandoned"),
    *("Order Created", "Order Fulfilled", "Order Deleted", "Fulfillment Updated", "In-Store Sale"),
    *("Payment Authorized", "Payment Pending", "Payment Succeeded", "Payment Failed"),
    *("Payment Refunded", "Payment Adjusted", "Refund Failed", "Dispute Opened"),
    *("Invoice Created", "Invoice Paid", "License Key Created"),
    *("Subscription Started", "Subscription Updated", "Subscription Cancelled"),
    *("Subscription Ended", "Message Received", "Message Sent", "Message Delivered"),
    *("Message Read", "Message Failed", "Message Updated", "Message Deleted", "Comment Received"),
    *("Conversation Updated", "Deal Updated"),
    *("Booking Created", "Booking Rescheduled", "Booking Cancelled"),
})  # fmt: skip
OTHER = "Other"
TRAITS = frozenset({"country", "locale", "timezone"})
CONSENT_CHANNELS = frozenset({"email", "sms", "whatsapp", "phone", "line", "wechat", "telegram"})
_STRICTNESS = {"granted": 0, "pending": 1, "denied": 2}


class Activity(msgspec.Struct, frozen=True, array_like=True):
    """How often and between which times a person was seen on one channel."""

    first: str
    last: str
    events: int


class Consent(msgspec.Struct, frozen=True, omit_defaults=True):
    """The consent in force on one channel: granted, pending or denied since `at`, on this legal basis."""

    status: str
    at: str
    basis: str = ""


class Trait(msgspec.Struct, frozen=True, array_like=True):
    """A trait's newest value and when it was told."""

    value: str
    at: str


class ProfileState(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fold of a person's events; every part is a sum, a minimum, a maximum or the newest by the event's own time."""

    events: int = 0
    channels: dict[str, Activity] = {}
    counts: dict[str, int] = {}  # by event type
    orders: OrderTotals = NO_ORDERS
    consent: dict[str, Consent] = {}  # by channel
    traits: dict[str, Trait] = {}

    @property
    def first_seen(self) -> str:
        """The earliest event's time as RFC 3339 text, '' before the first event."""
        return min((activity.first for activity in self.channels.values()), default="")

    @property
    def last_seen(self) -> str:
        """The latest event's time as RFC 3339 text, '' before the first event."""
        return max((activity.last for activity in self.channels.values()), default="")


class Profile(msgspec.Struct, frozen=True):
    """A person's stored profile: the state, and what is needed to keep it exact.

    `rev` counts its writes (0: not stored yet). `applied` holds the ids of the events folded since the last page of
    ids was put aside; `newest` is the latest `received_at` folded, `floor` the latest among the ids put aside.
    `born` is the first_seen it was created with and never changes, so that of two profiles the same one is always
    the older. A profile that was merged away names the one that took it in, and keeps its subjects and its ids.
    """

    profile_id: str
    subjects: tuple[str, ...] = ()
    state: ProfileState = ProfileState()
    rev: int = 0
    applied: tuple[str, ...] = ()
    newest: str = ""
    floor: str = ""
    born: str = ""
    merged_into: str = ""

    @property
    def seniority(self) -> tuple[bool, str, str]:
        """Sort key: stored profiles before those only pointed at, then the older one, then the id; it is total."""
        return not self.rev, self.born, self.profile_id


def encode_state(state: ProfileState) -> bytes:
    """The state as canonical JSON: the same state is the same bytes."""
    return _ENCODER.encode(state)


def decode_state(text: bytes | str) -> ProfileState:
    """The state of `encode_state`; msgspec.ValidationError when it is none."""
    return _DECODER.decode(text)


def fold(events: Iterable[Event]) -> ProfileState:
    """The state of a person with exactly these events (each given once), their orders included."""
    told = list(events)
    return with_orders(add_events(ProfileState(), told), fold_orders(told).values())


def fold_orders(events: Iterable[Event], known: dict[str, Order] | None = None) -> dict[str, Order]:
    """By order key the orders these events tell of, each added to what is `known` of it."""
    orders: dict[str, Order] = {}
    for event in events:
        if event.order and not event.test:
            key = event.order.key
            orders[key] = add_to_order(orders.get(key) or (known or {}).get(key, Order()), event)
    return orders


def with_orders(state: ProfileState, orders: Iterable[Order]) -> ProfileState:
    """The state with what all the person's orders come to."""
    return msgspec.structs.replace(state, orders=totals(orders))


def add_events(state: ProfileState, events: Iterable[Event]) -> ProfileState:
    """The state with new events added, all but their orders; an event of the sender's test mode changes nothing."""
    for event in events:
        if not event.test:
            state = _add(state, event)
    return state


def by_strength(subjects: Iterable[str]) -> tuple[str, ...]:
    """Subject keys each once, strongest first."""
    return tuple(sorted(set(subjects), key=identity.strength))


def _add(state: ProfileState, event: Event) -> ProfileState:
    at = event.occurred_at
    seen = state.channels.get(event.channel, Activity(at, at, 0))
    activity = Activity(min(seen.first, at), max(seen.last, at), seen.events + 1)
    type_ = event.type if event.type in COUNTED else OTHER
    return ProfileState(
        events=state.events + 1,
        channels={**state.channels, event.channel: activity},
        counts={**state.counts, type_: state.counts.get(type_, 0) + 1},
        orders=state.orders,
        consent=_add_consents(state.consent, event.consents),
        traits=_add_traits(state.traits, event),
    )


def _add_consents(
    known: dict[str, Consent], changes: Iterable[ConsentChange]
) -> dict[str, Consent]:
    consents = dict(known)
    for change in changes:
        told = Consent(change.status, change.at, change.basis)
        if change.channel in CONSENT_CHANNELS:
            consents[change.channel] = max(consents.get(change.channel, told), told, key=_weight)
    return consents


def _weight(consent: Consent) -> tuple[str, int, str, str]:
    """The newest wins; of two told for the same time the stricter."""
    return consent.at, _STRICTNESS.get(consent.status, -1), consent.status, consent.basis


def _add_traits(known: dict[str, Trait], event: Event) -> dict[str, Trait]:
    traits = dict(known)
    for name in TRAITS & event.traits.keys():
        told = Trait(event.traits[name], event.occurred_at)
        traits[name] = max(traits.get(name, told), told, key=lambda trait: (trait.at, trait.value))
    return traits


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(ProfileState)
