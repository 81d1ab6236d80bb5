"""Carts left behind: each activity asks for a look at its person later on, and that look tells of what was abandoned."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from regulars.domain.abandonment import Decision, decide
from regulars.domain.carts import LOOKBACK, check_at, is_activity, is_late
from regulars.domain.profiles import Profile
from regulars.domain.stream_changes import EventChange
from regulars.domain.times import from_text, to_text
from regulars.store.ledger import Ledger
from regulars.store.people import People
from regulars.store.profiles import Profiles
from regulars.store.schedules import Schedules

MOST = 500  # events looked at, the newest of a subject: nobody does more in a day


class CartCheck(msgspec.Struct, frozen=True):
    """Whom to look at: somebody by a subject who did something to a cart at a time."""

    subject: str
    since: str


@dataclass(frozen=True)
class Told:
    """Where all that was told of a person is found."""

    people: People
    profiles: Profiles
    ledger: Ledger


def watch_carts(
    changes: Iterable[EventChange], schedules: Schedules, delay: timedelta, now: datetime
) -> None:
    """Have everybody looked at who did something to a cart.

    It asks for nothing twice, so the same changes may come again; what was asked for is never taken back, since an
    order in between is seen then. A fault of the scheduler is raised.
    """
    for event in (change.event for change in changes):
        if is_activity(event) and event.subject and not is_late(event, now):
            check = CartCheck(event.subject, event.occurred_at)
            schedules.set(event.subject, check_at(event, delay, now), msgspec.to_builtins(check))


def detect_abandonment(check: CartCheck, told: Told, delay: timedelta, now: datetime) -> Decision:
    """Judge the cart of whoever the subject belongs to by now, and record what was abandoned; doing it again is safe."""
    people = _people(check.subject, told)
    if not people:
        return Decision("nobody")
    since = to_text(from_text(check.since) - LOOKBACK)
    subjects = {subject for one in people for subject in one.subjects}
    ids = [id_ for subject in sorted(subjects) for id_ in told.ledger.recent(subject, since, MOST)]
    last_order = max(one.state.orders.last for one in people)
    decision = decide(told.ledger.read(ids), last_order, delay, now)
    if decision.event:
        told.ledger.record([decision.event])
    return decision


def _people(subject: str, told: Told) -> list[Profile]:
    """The person's profile, and those that lead to it when some were merged; none of somebody who was forgotten."""
    found: dict[str, Profile] = {}
    ahead = set(told.people.resolve([subject]).values())
    while ahead:
        found |= told.profiles.read(ahead)
        ahead = {profile.merged_into for profile in found.values()} - {""} - found.keys()
    return list(found.values())
