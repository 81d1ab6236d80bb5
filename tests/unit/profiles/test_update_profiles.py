"""Profiles from the ledger's stream, told as stories of one or two persons."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from regulars.domain.errors import ConcurrentUpdateError, LedgerLaggingError
from regulars.domain.events import encode, event_id
from regulars.domain.identifiers import profile_id
from regulars.domain.profiles import Profile, fold
from regulars.domain.stream_changes import ChangeBatch, UnreadableRecord
from regulars.profiles import fold as folding
from regulars.profiles import write as writing
from regulars.profiles.update import update_profiles
from tests.support.memory_stores import Memory, MemoryPeople, MemoryProfiles
from tests.support.profile_stories import (
    NOW,
    before_write,
    event,
    only,
    order,
    rewrite,
    tell,
)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "back_off", lambda _: None)


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
    update_profiles(
        ChangeBatch(unreadable=(UnreadableRecord("no event", b"{}"),)), memory.stores, NOW
    )
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
