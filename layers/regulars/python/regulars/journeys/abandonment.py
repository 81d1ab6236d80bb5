"""Detect abandoned carts: each cart activity schedules a check of its person, which records an abandonment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from regulars.domain.abandonment import AbandonmentDecision, decide_abandonment
from regulars.domain.carts import CART_LOOKBACK, cart_check_time, is_cart_activity, is_late_activity
from regulars.domain.stream_changes import EventChange
from regulars.domain.times import from_text, to_text
from regulars.identity.people import find_people
from regulars.store.ledger import Ledger
from regulars.store.profiles import Profiles
from regulars.store.schedules import Schedules

MAX_SUBJECT_EVENTS = 500  # the newest events of a subject; no person causes more in a day


class CartCheck(msgspec.Struct, frozen=True):
    """The payload of a check: a subject with a cart activity, and the time of that activity."""

    subject: str
    since: str


@dataclass(frozen=True)
class AbandonmentStores:
    """The stores that a check reads, and the ledger in which it records."""

    profiles: Profiles
    ledger: Ledger


def schedule_cart_checks(
    changes: Iterable[EventChange], schedules: Schedules, delay: timedelta, now: datetime
) -> None:
    """Schedule a check for every live cart activity; raise an error of the scheduler.

    The same changes may come again, since nothing is scheduled twice. A check is never cancelled: it finds an order
    that was placed in between.
    """
    for event in (change.event for change in changes):
        if is_cart_activity(event) and event.subject and not is_late_activity(event, now):
            check = CartCheck(event.subject, event.occurred_at)
            check_time = cart_check_time(event, delay, now)
            schedules.schedule_invocation(event.subject, check_time, msgspec.to_builtins(check))


def detect_abandonment(
    check: CartCheck, stores: AbandonmentStores, delay: timedelta, now: datetime
) -> AbandonmentDecision:
    """Check the cart of the person whom the subject belongs to now, and record an abandonment; a repetition is safe."""
    subjects = _list_person_subjects(check.subject, stores.profiles)
    profiles = stores.profiles.read_subjects(subjects).profiles.values()
    if not profiles:
        return AbandonmentDecision("nobody")
    since = to_text(from_text(check.since) - CART_LOOKBACK)
    event_ids = _list_recent_event_ids(subjects, since, stores.ledger)
    last_order = max(profile.state.orders.last for profile in profiles)
    decision = decide_abandonment(stores.ledger.read_events(event_ids), last_order, delay, now)
    if decision.event:
        stores.ledger.record_events([decision.event])
    return decision


def _list_person_subjects(subject: str, profiles: Profiles) -> tuple[str, ...]:
    """Return all subjects of the person that the subject belongs to; none for a person who was erased."""
    people = find_people([subject], profiles.read_facts)
    return people[subject].subjects if subject in people else ()


def _list_recent_event_ids(subjects: Iterable[str], since: str, ledger: Ledger) -> list[str]:
    return [
        event_id
        for subject in sorted(subjects)
        for event_id in ledger.list_recent_event_ids(subject, since, MAX_SUBJECT_EVENTS)
    ]
