"""The words in which stories of profiles are told: events of a person, told to stores in memory."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.profiles import Profile
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.profiles.update import update_profiles
from tests.support.memory_stores import CrashError, Memory

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def event(name: str, *subjects: str, day: int = 1, **fields: Any) -> Event:
    defaults: dict[str, Any] = {
        "type": "Page Viewed",
        "channel": "web",
        "source": "segment/web",
        "occurred_at": f"2026-11-{day:02}T10:00:00.000Z",
        "received_at": f"2026-11-{day:02}T10:00:01.000Z",
    }
    return Event(id=event_id(name), subjects=subjects, **defaults | fields)


def order(name: str, key: str, *subjects: str, day: int = 1, **fact: Any) -> Event:
    defaults: dict[str, Any] = {"total": 1000, "currency": "EUR"}
    told = OrderFact(key, f"2026-11-{day:02}", **defaults | fact)
    return event(name, *subjects, day=day, type="Order Completed", order=told)


def tell(memory: Memory, *events: Event) -> None:
    memory.ledger.record(events)
    update_profiles(ChangeBatch(tuple(map(EventChange, events))), memory.stores, NOW)


def rewrite(memory: Memory, before: Event, after: Event) -> None:
    memory.ledger.events[after.id] = after
    update_profiles(ChangeBatch((EventChange(after, before),)), memory.stores, NOW)


def only(memory: Memory) -> Profile:
    (profile,) = memory.live().values()
    return profile


def before_write(memory: Memory, number: int, act: Callable[[], None]) -> None:
    """Let something happen just before the write with this number, counted from now."""
    at = memory.before.writes + number

    def once() -> None:
        if memory.before.writes == at:
            memory.before.write = lambda: None
            act()

    memory.before.write = once


def crash() -> None:
    raise CrashError
