"""Profiles from the ledger's stream, told as stories of one or two persons."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from regulars.domain.errors import ConcurrentUpdateError, LedgerLaggingError
from regulars.domain.events import Event, OrderFact, encode, event_id
from regulars.domain.identity import profile_id
from regulars.domain.profiles import Profile, fold
from regulars.edge.streams import Batch, Change, Unreadable
from regulars.profiling import folding, update_profiles, writing
from tests.memory import CrashError, Memory, MemoryPeople, MemoryProfiles

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "back_off", lambda _: None)


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
    update_profiles(Batch(tuple(map(Change, events))), memory.stores, NOW)


def rewrite(memory: Memory, before: Event, after: Event) -> None:
    memory.ledger.events[after.id] = after
    update_profiles(Batch((Change(after, before),)), memory.stores, NOW)


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


def test_visitor_becomes_a_profile_named_by_the_strongest_subject() -> None:
    memory = Memory()
    tell(memory, event("page", "u:ann", "a:1"))
    assert only(memory).profile_id == profile_id("u:ann")
    assert only(memory).subjects == ("u:ann", "a:1")


def test_batch_of_one_person_is_one_profile_write() -> None:
    memory = Memory()
    tell(memory, *(event(str(number), "u:ann") for number in range(100)))
    assert only(memory).state.events == 100
    assert memory.before.writes == 2  # the pointer and the profile


def test_batch_is_one_write_for_subjects_known_to_be_one_person() -> None:
    memory = Memory()
    tell(memory, event("login", "u:ann", "a:1"))
    before = memory.before.writes
    tell(memory, event("page", "a:1"), event("mail", "u:ann"))
    assert memory.before.writes == before + 1


@pytest.mark.parametrize("fields", [{"test": True}, {}])
def test_event_of_nobody_or_of_a_test_makes_no_profile(fields: dict[str, Any]) -> None:
    memory = Memory()
    tell(memory, event("page", *(["u:ann"] if fields else []), **fields))
    assert not memory.profiles.stored
    assert not memory.people.pointed


def test_event_is_counted_once_when_it_comes_again_weeks_later() -> None:
    memory = Memory()
    tell(memory, event("first", "u:ann"))
    for day in range(2, 28):
        tell(memory, *(event(f"{day}/{number}", "u:ann", day=day) for number in range(5)))
    state = only(memory).state
    tell(memory, event("first", "u:ann"))
    assert only(memory).state == state


def test_profile_carries_few_ids_after_many_events() -> None:
    memory = Memory()
    for number in range(100):
        tell(memory, event(str(number), "u:ann"))
    assert len(only(memory).applied) <= folding.RING
    assert len(memory.profiles.aside(profile_id("u:ann"))) + len(only(memory).applied) == 100


def test_profiles_become_the_older_one_when_an_event_joins_them() -> None:
    memory = Memory()
    events = [event("old", "a:1", day=1), order("new", "shop/1", "u:ann", day=2)]
    tell(memory, *events)
    link = event("link", "u:ann", "a:1", day=3)
    tell(memory, link)
    assert only(memory).profile_id == profile_id("a:1")
    assert only(memory).state == fold([*events, link])
    assert set(memory.people.pointed.values()) == {profile_id("a:1")}


def test_orders_of_a_merged_profile_move() -> None:
    memory = Memory()
    tell(memory, event("old", "a:1", day=1), order("new", "shop/1", "u:ann", day=2))
    tell(memory, event("link", "u:ann", "a:1", day=3))
    assert memory.profiles.orders(profile_id("u:ann")) == {}
    assert memory.profiles.orders(profile_id("a:1")).keys() == {"shop/1"}


def test_profiles_merged_one_after_another_all_lead_to_the_last_in_one_step() -> None:
    memory = Memory()
    for number in range(1, 10):
        tell(memory, event(f"page {number}", f"a:{number}", day=20 - number))
    for number in range(1, 9):
        tell(memory, event(f"link {number}", f"a:{number}", f"a:{number + 1}"))
    merged = [one for one in memory.profiles.stored.values() if one.merged_into]
    assert {one.merged_into for one in merged} == {only(memory).profile_id}
    assert len(merged) == 8


def test_profile_stays_as_old_as_it_was_made_when_history_arrives() -> None:
    memory = Memory()
    tell(memory, event("page", "u:ann", day=9))
    seniority = only(memory).seniority
    tell(memory, event("history", "u:ann", day=1))
    assert only(memory).seniority == seniority


def test_merge_is_finished_by_whoever_comes_by_when_its_worker_crashed() -> None:
    memory = Memory()
    tell(memory, event("old", "a:1", day=1), event("new", "u:ann", "e:ann", day=2))
    before_write(memory, 2, crash)  # frozen, not yet taken in
    with pytest.raises(CrashError):
        tell(memory, event("link", "u:ann", "a:1"))
    tell(memory, event("next", "u:ann"))
    assert only(memory).subjects == ("u:ann", "e:ann", "a:1")
    assert set(memory.people.pointed.values()) == {profile_id("a:1")}


def test_subjects_that_led_to_a_merge_are_pointed_anew_last() -> None:
    memory = Memory()
    tell(memory, event("old", "a:1", day=1), event("new", "u:ann", "e:ann", "a:9", day=2))
    link = event("link", "u:ann", "a:1")
    before_write(memory, 5, crash)  # two of three pointed anew
    with pytest.raises(CrashError):
        tell(memory, link)
    assert memory.people.pointed["u:ann"] == profile_id("u:ann")
    tell(memory, link)
    assert set(memory.people.pointed.values()) == {profile_id("a:1")}


def test_order_is_not_left_behind_when_its_profile_is_merged_meanwhile() -> None:
    memory = Memory()
    tell(memory, event("old", "a:1", day=1), event("new", "u:ann", day=2))
    before_write(memory, 1, lambda: tell(memory, event("link", "u:ann", "a:1")))
    tell(memory, order("order", "shop/1", "u:ann", day=3))
    assert memory.profiles.orders(profile_id("u:ann")) == {}
    assert only(memory).state.orders.count == 1


def test_subject_claimed_by_two_at_once_is_counted_in_one_profile() -> None:
    memory = Memory()
    tell(memory, event("ann", "u:ann"), event("bob", "u:bob", day=2))
    before_write(memory, 1, lambda: tell(memory, event("other", "a:1", "u:bob", day=3)))
    tell(memory, event("shared", "a:1", "u:ann", day=3))
    assert only(memory).state.events == 4


def test_changed_event_is_counted_as_it_is_now() -> None:
    memory = Memory()
    before = order("order", "shop/1", "u:ann")
    tell(memory, before)
    rewrite(memory, before, order("order", "shop/2", "u:ann", total=700))
    assert only(memory).state.orders.money == {"EUR": 700}
    assert memory.profiles.orders(profile_id("u:ann")).keys() == {"shop/2"}


def test_changed_event_leaves_the_profile_it_no_longer_belongs_to() -> None:
    memory = Memory()
    before = order("order", "shop/1", "u:ann")
    tell(memory, before, event("page", "u:ann"))
    rewrite(memory, before, order("order", "shop/1", "u:bob"))
    profiles = memory.live()
    assert profiles[profile_id("u:ann")].state == fold([event("page", "u:ann")])
    assert profiles[profile_id("u:bob")].state.orders.count == 1


def test_event_changed_to_a_test_is_counted_no_more() -> None:
    memory = Memory()
    before = event("page", "u:ann")
    tell(memory, before)
    rewrite(memory, before, msgspec.structs.replace(before, test=True))
    assert only(memory).state.events == 0


def test_event_rewritten_before_it_was_counted_makes_no_empty_profile() -> None:
    memory = Memory()
    before = event("page", "u:ann")
    rewrite(memory, before, msgspec.structs.replace(before, test=True))
    assert not memory.profiles.stored


def test_rewritten_event_takes_no_order_from_whoever_is_about_to_count_it() -> None:
    memory = Memory()
    page = event("page", "u:ann")
    again = event("page", "u:ann", properties={"title": "Teapots"})
    tell(memory, page)
    before_write(memory, 2, lambda: rewrite(memory, page, again))
    tell(memory, order("order", "shop/1", "u:ann"))
    assert memory.profiles.orders(profile_id("u:ann")).keys() == {"shop/1"}


def test_merge_takes_no_order_from_whoever_finished_it_meanwhile() -> None:
    memory = Memory()
    tell(memory, event("old", "a:1", day=1), event("new", "u:ann", day=2))
    before_write(memory, 2, crash)
    with pytest.raises(CrashError):
        tell(memory, event("link", "u:ann", "a:1"))
    before_write(memory, 1, lambda: tell(memory, order("order", "shop/1", "u:ann")))
    tell(memory, event("page", "u:ann", "e:ann"))
    assert memory.profiles.orders(profile_id("a:1")).keys() == {"shop/1"}


def test_refold_waits_when_the_ledger_lacks_a_counted_event() -> None:
    memory = Memory()
    tell(memory, event("old", "a:1", day=1), event("new", "u:ann", day=2))
    del memory.ledger.events[event_id("old")]
    with pytest.raises(LedgerLaggingError):
        tell(memory, event("link", "u:ann", "a:1"))


def test_poison_event_is_set_aside_and_stops_nobody() -> None:
    memory = Memory()
    memory.people = PoisonedPeople()
    events = [event("ann", "u:ann"), event("poison", "e:poison", "u:ann"), event("bob", "u:bob")]
    tell(memory, *events)
    assert {one.state.events for one in memory.live().values()} == {1}
    assert [reject.raw for reject in memory.rejects.kept] == [encode(events[1])]


def test_record_without_an_event_is_set_aside() -> None:
    memory = Memory()
    update_profiles(Batch(unreadable=(Unreadable("no event", b"{}"),)), memory.stores, NOW)
    assert [reject.raw for reject in memory.rejects.kept] == [b"{}"]


def test_fault_worth_retrying_is_raised_once_everybody_else_is_done() -> None:
    memory = Memory()

    def throttled() -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem")

    before_write(memory, 1, throttled)
    with pytest.raises(ClientError):
        tell(memory, event("ann", "u:ann"), event("bob", "u:bob"))
    assert only(memory).subjects == ("u:bob",)
    assert not memory.rejects.kept


def test_item_dynamodb_never_takes_is_set_aside() -> None:
    memory = Memory()

    def too_large() -> None:
        raise ClientError({"Error": {"Code": "ValidationException"}}, "PutItem")

    before_write(memory, 1, too_large)
    tell(memory, event("ann", "u:ann"))
    assert [reject.source for reject in memory.rejects.kept] == ["segment/web"]


def test_worker_gives_up_when_others_are_always_faster() -> None:
    memory = Memory()

    memory.profiles = ContendedProfiles()
    with pytest.raises(ConcurrentUpdateError):
        tell(memory, event("ann", "u:ann"))


def crash() -> None:
    raise CrashError


class PoisonedPeople(MemoryPeople):
    """One subject makes every call that names it fail."""

    def pointers(self, subjects: Iterable[str]) -> dict[str, str]:
        if "e:poison" in (subjects := list(subjects)):
            raise ValueError
        return super().pointers(subjects)


class ContendedProfiles(MemoryProfiles):
    """Somebody else is always faster."""

    def write(self, profile: Profile) -> None:  # noqa: ARG002
        raise ConcurrentUpdateError
