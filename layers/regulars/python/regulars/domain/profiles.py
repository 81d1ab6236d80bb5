"""Fold events into the state of a profile; sequence, repetition and division do not change its bytes."""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain

import msgspec

from regulars.domain.consent import NO_CONSENTS, Consents, combine_consents, read_consents
from regulars.domain.events import Event
from regulars.domain.identifiers import subject_strength
from regulars.domain.orders import (
    NO_ORDERS,
    Order,
    OrderTotals,
    add_event_to_order,
    combine_totals,
    sum_orders,
)
from regulars.domain.trust import trust_of

# Counted by name; all others are counted as OTHER_EVENT_TYPE, so that invented names cannot let a profile grow.
COUNTED_EVENT_TYPES = frozenset({
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
    "Customer Data Requested",
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
OTHER_EVENT_TYPE = "Other"
TRAIT_NAMES = frozenset({"country", "locale", "timezone"})


class ChannelActivity(msgspec.Struct, frozen=True, array_like=True):
    """The first and the last event of a person on one channel, and their number."""

    first: str
    last: str
    events: int


class Trait(msgspec.Struct, frozen=True, array_like=True):
    """The newest value of a trait and its time; one that a browser sent counts until a stronger source states one."""

    value: str
    at: str
    by_browser: bool = False


class ProfileState(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The fold of a person's events: each part is a sum, a minimum, a maximum or the newest by the event's own time."""

    events: int = 0
    channels: dict[str, ChannelActivity] = {}
    counts: dict[str, int] = {}  # by event type
    orders: OrderTotals = NO_ORDERS
    consents: Consents = NO_CONSENTS
    traits: dict[str, Trait] = {}

    @property
    def first_seen(self) -> str:
        """The time of the earliest event as an RFC 3339 text; '' before the first event."""
        return min((activity.first for activity in self.channels.values()), default="")

    @property
    def last_seen(self) -> str:
        """The time of the latest event as an RFC 3339 text; '' before the first event."""
        return max((activity.last for activity in self.channels.values()), default="")


class SubjectProfile(msgspec.Struct, frozen=True, kw_only=True):
    """The fold of the events that are counted under one subject, and the fields that keep its updates exact.

    `rev` counts its writes (0: not stored yet). `applied` holds the ids of the events folded, and `order_keys` the orders
    that they report, since both were last moved out to pages; `newest` is the latest `received_at` folded, `floor` the
    latest of the events whose ids were moved out. `epoch` names the pages, since a repeated fold writes new ones.
    """

    subject: str
    state: ProfileState = ProfileState()
    rev: int = 0
    applied: tuple[str, ...] = ()
    order_keys: tuple[str, ...] = ()
    newest: str = ""
    floor: str = ""
    epoch: str = ""


def encode_state(state: ProfileState) -> bytes:
    """Return the state as canonical JSON: the same state gives the same bytes."""
    return _ENCODER.encode(state)


def decode_state(text: bytes | str) -> ProfileState:
    """Return the state of `encode_state`; raise msgspec.ValidationError when the text is no state."""
    return _DECODER.decode(text)


def fold_events(events: Iterable[Event]) -> ProfileState:
    """Return the state of a person with exactly these events, each given once, their orders included."""
    events = list(events)
    state = with_orders(add_events(ProfileState(), events), fold_orders(events).values())
    stated = combine_consents(read_consents(event) for event in events if not event.test)
    return msgspec.structs.replace(state, consents=stated)


def fold_orders(
    events: Iterable[Event], known_orders: dict[str, Order] | None = None
) -> dict[str, Order]:
    """Return by order key the orders of these events, each event added to the known order."""
    orders: dict[str, Order] = {}
    for event in events:
        if event.order and not event.test:
            key = event.order.key
            orders[key] = add_event_to_order(
                orders.get(key) or (known_orders or {}).get(key, Order()), event
            )
    return orders


def with_orders(state: ProfileState, orders: Iterable[Order]) -> ProfileState:
    """Return the state with the totals of all orders of the person."""
    return msgspec.structs.replace(state, orders=sum_orders(orders))


def combine_states(states: Iterable[ProfileState]) -> ProfileState:
    """Return the state of a person whose events, and whose orders, are divided among these states."""
    combined = list(states)
    return ProfileState(
        events=sum(state.events for state in combined),
        channels=_combine_values((state.channels for state in combined), _combine_activities),
        counts=_combine_values((state.counts for state in combined), int.__add__),
        orders=combine_totals(state.orders for state in combined),
        consents=combine_consents(state.consents for state in combined),
        traits=_combine_values((state.traits for state in combined), _choose_trait),
    )


def add_events(state: ProfileState, events: Iterable[Event]) -> ProfileState:
    """Return the state with new events added, without their orders; events of the sender's test mode change nothing."""
    for event in events:
        if not event.test:
            state = _add_event(state, event)
    return state


def sort_by_strength(subjects: Iterable[str]) -> tuple[str, ...]:
    """Return the subject keys, each once, strongest first."""
    return tuple(sorted(set(subjects), key=subject_strength))


def _add_event(state: ProfileState, event: Event) -> ProfileState:
    at = event.occurred_at
    activity = ChannelActivity(at, at, 1)
    if previous := state.channels.get(event.channel):
        activity = _combine_activities(previous, activity)
    type_ = event.type if event.type in COUNTED_EVENT_TYPES else OTHER_EVENT_TYPE
    return ProfileState(
        events=state.events + 1,
        channels={**state.channels, event.channel: activity},
        counts={**state.counts, type_: state.counts.get(type_, 0) + 1},
        orders=state.orders,
        consents=state.consents,
        traits=_add_traits(state.traits, event),
    )


def _combine_activities(first: ChannelActivity, second: ChannelActivity) -> ChannelActivity:
    return ChannelActivity(
        first=min(first.first, second.first),
        last=max(first.last, second.last),
        events=first.events + second.events,
    )


def _combine_values[Value](
    parts: Iterable[Mapping[str, Value]], combine: Callable[[Value, Value], Value]
) -> dict[str, Value]:
    """Return the values of all mappings, those under the same key combined."""
    combined: dict[str, Value] = {}
    for key, value in chain.from_iterable(part.items() for part in parts):
        combined[key] = combine(combined[key], value) if key in combined else value
    return combined


def _add_traits(traits: dict[str, Trait], event: Event) -> dict[str, Trait]:
    traits = dict(traits)
    for name in TRAIT_NAMES & event.traits.keys():
        trait = Trait(event.traits[name], event.occurred_at, not trust_of(event).is_strong)
        traits[name] = _choose_trait(traits.get(name, trait), trait)
    return traits


def _choose_trait(first: Trait, second: Trait) -> Trait:
    return max(first, second, key=_trait_precedence)


def _trait_precedence(trait: Trait) -> tuple[bool, str, str]:
    """Return a sort key: what anybody can send comes last, the newest value wins, of two of one time the greater one."""
    return not trait.by_browser, trait.at, trait.value


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(ProfileState)
