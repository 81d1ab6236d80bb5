"""Say by brute force what a dataset holds of each person at each cut-off: the ledger of that time, and nothing else."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pandas as pd
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.domain.events import Event, OrderFact
from regulars.domain.identifiers import profile_id_of
from regulars.domain.orders import Order, OrderTotals, sum_orders
from regulars.domain.times import from_text, to_text
from regulars.identity.grouping import belongs_to_profile
from tests.support.identity_oracle import (
    find_moment,
    find_owners,
    find_worthless,
    list_statement_subjects,
    partition_ledger,
)
from tests.support.lake_events import FIRST_DAY, order_event
from tests.support.profile_oracle import (
    EVENT_DRAWS,
    SUBJECTS,
    build_ledger,
    list_held_orders,
)

DAYS_APART = 6  # between two of the days of a ledger, so that it spans several cut-offs
CUTOFF_DAY = 126  # after all of them


class PersonRow(NamedTuple):
    """What a dataset says of a person: how many orders, for how much, when the first and last, and whether lost since."""

    orders: int
    money: int
    first: datetime | None
    last: datetime | None
    churned: bool | None = None


def build_long_ledger(events: Sequence[Event]) -> list[Event]:
    """Return the ledger over 4 months after one old order, a part of it as history, with orders that a browser claims."""
    old_order = order_event("old", 0, source="shopify/main")
    return [old_order] + [_build_spread_event(event, number) for number, event in enumerate(events)]


_DECISION_EVENTS = st.tuples(
    st.sampled_from(("join", "separate", "undo")),
    st.frozensets(st.sampled_from(SUBJECTS), min_size=1, max_size=2),
    st.integers(0, 30),
)
LONG_LEDGERS = (
    st.lists(EVENT_DRAWS | EVENT_DRAWS | EVENT_DRAWS | _DECISION_EVENTS, min_size=30, max_size=50)
    .map(build_ledger)
    .map(build_long_ledger)
)


def list_known_events(events: Sequence[Event], cutoff: datetime) -> list[Event]:
    """Return what a dataset may know at a cut-off: what had happened and, unless it is history, was received."""
    return [
        event
        for event in events
        if from_text(event.occurred_at) < cutoff
        and (event.backfill or from_text(event.received_at) < cutoff)
    ]


def describe_people(events: Sequence[Event]) -> dict[str, PersonRow]:
    """Return the rows of the people of a ledger, by profile id."""
    ids = list_profile_ids(events)
    owners = find_owners([event for event in events if belongs_to_profile(event)])
    held: dict[str, list[Order]] = {ids[subject]: [] for subject in owners.values()}
    for subject, orders in list_held_orders(events).items():
        held[ids[subject]] += orders.values()
    return {profile_id: describe_orders(sum_orders(orders)) for profile_id, orders in held.items()}


def describe_orders(totals: OrderTotals) -> PersonRow:
    """Return the row of a person with these orders."""
    return PersonRow(
        orders=totals.count,
        money=totals.money.get("EUR", 0),
        first=from_text(totals.first) if totals.first else None,
        last=from_text(totals.last) if totals.last else None,
    )


def describe_buyers(
    events: Sequence[Event], cutoff: datetime, horizon_days: int
) -> dict[str, PersonRow]:
    """Return the labelled rows of those who had bought something at a past cut-off."""
    known = list_known_events(events, cutoff)
    later = _list_buyers_between(events, cutoff, cutoff + timedelta(days=horizon_days))
    ids = list_profile_ids(known)
    return {
        profile_id: row._replace(
            churned=_follow_person({s for s in ids if ids[s] == profile_id}, events) not in later
        )
        for profile_id, row in describe_people(known).items()
        if row.orders
    }


def list_profile_ids(events: Sequence[Event]) -> dict[str, str]:
    """Return the id of the person of each subject: it derives from the subject named first, devices aside."""
    return {
        subject: profile_id_of(_find_first(person, events))
        for subject, person in partition_ledger(events).items()
    }


def read_people(rows: pd.DataFrame, cutoff: datetime) -> dict[str, PersonRow]:
    """Return what the feature rows of a cut-off, indexed by profile id, say of each person."""
    return {
        str(profile_id): PersonRow(
            orders=row["orders"],
            money=row["money"],
            first=cutoff - timedelta(days=row["tenure_days"]) if row["orders"] else None,
            last=cutoff - timedelta(days=row["recency_days"]) if row["orders"] else None,
            churned=None if pd.isna(row["churned"]) else bool(row["churned"]),
        )
        for profile_id, row in rows.iterrows()
    }


def _build_spread_event(event: Event, number: int) -> Event:
    is_decision = event.type == "Identity Decided"
    days = (
        [number * 7 % 20] * 2
        if is_decision
        else [_day_of(event.occurred_at), _day_of(event.received_at)]
    )
    occurred, received = (to_text(FIRST_DAY + timedelta(days=DAYS_APART * day)) for day in days)
    return replace(
        event,
        occurred_at=occurred,
        received_at=received,
        backfill=number % 4 == 0,
        order=_build_order_fact(event.order, number, event, occurred) if event.order else None,
    )


def _build_order_fact(order: OrderFact, number: int, event: Event, occurred: str) -> OrderFact:
    return replace(
        order,
        key=f"shop/{number % 14}",
        placed_at=occurred if number % 2 else "",
        claimed=event.source == "segment/web",
    )


def _day_of(text: str) -> int:
    return from_text(text).astimezone(UTC).day - 1


def _find_first(subjects: frozenset[str] | set[str], events: Sequence[Event]) -> str:
    statements = [event for event in events if not event.test and event.type != "Identity Decided"]
    births = {
        subject: min(find_moment(e) for e in statements if subject in list_statement_subjects(e))
        for subject in subjects
    }
    return min(subjects, key=lambda subject: (subject[0] == "a", births[subject], subject))


def _follow_person(subjects: set[str], events: Sequence[Event]) -> str:
    """Return the id of the person that a former one, who had these subjects, has become."""
    valid = subjects - find_worthless(events) or subjects
    return list_profile_ids(events)[_find_first(valid, events)]


def _list_buyers_between(events: Sequence[Event], start: datetime, end: datetime) -> set[str]:
    ids = list_profile_ids(events)
    return {
        ids[subject]
        for subject, orders in list_held_orders(events).items()
        for order in orders.values()
        if order.is_purchase and start <= from_text(order.order_time) < end
    }
