"""Fold a whole ledger: what every subject and every order should hold, to compare with what is stored."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import batched

import msgspec
from msgspec.structs import replace

from regulars.domain.events import Event, decode_event, encode_event
from regulars.domain.identity_facts import NO_FACTS, IdentityFacts, limit_links, split_facts
from regulars.domain.identity_statements import collect_facts
from regulars.domain.orders import fold_order, sum_orders
from regulars.domain.profiles import ProfileState, add_events
from regulars.identity.grouping import belongs_to_profile, choose_holder, is_worthless
from regulars.profiles.orders import keep_best_reports, list_unnamed_ids, rank_reports
from regulars.store.orders import OrderRecord
from regulars.store.profiles import SubjectIdentity

MAX_COLLECTED_EVENTS = 10_000  # whose facts are combined at one time


class LedgerFold(msgspec.Struct, frozen=True, kw_only=True):
    """What a ledger says: identities by subject, orders by key, and the events that are counted under each subject.

    The events are encoded, because a ledger of events is smaller this way.
    """

    identities: dict[str, SubjectIdentity]
    orders: dict[str, OrderRecord]
    encoded_events: dict[str, list[bytes]]
    held_keys: dict[str, list[str]]  # of the orders that each subject holds

    @property
    def facts(self) -> IdentityFacts:
        """All facts of the ledger."""
        return NO_FACTS.combine(*(identity.facts for identity in self.identities.values()))

    def decode_events(self, subject: str) -> dict[str, Event]:
        """Return the events that are counted under a subject, by id."""
        events = map(decode_event, self.encoded_events.get(subject, ()))
        return {event.id: event for event in events}

    def fold_subject(self, subject: str) -> ProfileState:
        """Return the state of the subject's profile."""
        state = add_events(ProfileState(), self.decode_events(subject).values())
        held = (self.orders[key].order for key in self.held_keys.get(subject, ()))
        return replace(state, orders=sum_orders(held))


def fold_ledger(events: Iterable[Event]) -> LedgerFold:
    """Return what these events say; each is given once."""
    encoded_events = [encode_event(event) for event in events]
    identities = _build_identities(map(decode_event, encoded_events))
    held: dict[str, list[bytes]] = {}
    order_events: dict[str, list[bytes]] = {}
    for text in encoded_events:
        event = decode_event(text)
        if belongs_to_profile(event):
            held.setdefault(choose_holder(event, identities), []).append(text)
        if event.order and not event.test:
            order_events.setdefault(event.order.key, []).append(text)
    orders = {
        key: build_order(key, list(map(decode_event, texts)), identities)
        for key, texts in order_events.items()
    }
    held_keys: dict[str, list[str]] = {}
    for key, record in orders.items():
        held_keys.setdefault(record.holder, []).append(key)
    return LedgerFold(
        identities=identities, orders=orders, encoded_events=held, held_keys=held_keys
    )


def _build_identities(events: Iterator[Event]) -> dict[str, SubjectIdentity]:
    facts = NO_FACTS
    for chunk in batched(events, MAX_COLLECTED_EVENTS, strict=False):
        facts = facts.combine(collect_facts(chunk))
    identities = {}
    for subject, part in split_facts(facts).items():
        identity = SubjectIdentity(subject=subject, facts=limit_links(part))
        identities[subject] = replace(identity, settled=is_worthless(identity))
    return identities


def build_order(
    key: str, events: Collection[Event], identities: Mapping[str, SubjectIdentity]
) -> OrderRecord:
    """Return an order as all its events report it; `identities` holds those of the subjects that they name."""
    holders = {event.id: choose_holder(event, identities) for event in events}
    return OrderRecord(
        key=key,
        order=fold_order(events),
        reports=keep_best_reports(rank_reports(holders, events)),
        unnamed=list_unnamed_ids(OrderRecord(key=key), events, holders),
    )
