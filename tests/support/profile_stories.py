"""Build events of a person and deliver them to stores in memory, for tests of profiles."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.profiles.served_profiles import ScoredProfile
from regulars.profiles.update import update_profiles
from tests.support.memory_stores import CrashError, MemoryStores

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def build_event(name: str, *subjects: str, day: int = 1, **fields: Any) -> Event:
    defaults: dict[str, Any] = {
        "type": "Page Viewed",
        "channel": "web",
        "source": "segment/web",
        "occurred_at": f"2026-11-{day:02}T10:00:00.000Z",
        "received_at": f"2026-11-{day:02}T10:00:01.000Z",
    }
    return Event(id=event_id(name), subjects=subjects, **defaults | fields)


def build_order_event(name: str, key: str, *subjects: str, day: int = 1, **fields: Any) -> Event:
    defaults: dict[str, Any] = {"total": 1000, "currency": "EUR"}
    fact = OrderFact(key=key, version=f"2026-11-{day:02}", **defaults | fields)
    return build_event(name, *subjects, day=day, type="Order Completed", order=fact)


def deliver_events(memory: MemoryStores, *events: Event) -> None:
    memory.ledger.record_events(events)
    update_profiles(ChangeBatch(tuple(map(EventChange, events))), memory.stores, NOW)


def replace_event(memory: MemoryStores, before: Event, after: Event) -> None:
    memory.ledger.events[after.id] = after
    update_profiles(ChangeBatch((EventChange(after, before),)), memory.stores, NOW)


def get_single_profile(memory: MemoryStores) -> ScoredProfile:
    (profile,) = memory.list_profiles().values()
    return profile


def call_before_write(memory: MemoryStores, number: int, act: Callable[[], None]) -> None:
    """Call something just before the write with this number, counted from now."""
    hook = memory.write_hook
    target = hook.write_count + number

    def run_once() -> None:
        if hook.write_count == target:
            hook.before_write = lambda: None
            act()

    hook.before_write = run_once


def raise_crash() -> None:
    raise CrashError
