"""Merges of two profiles lose nothing, whatever crashes or happens in between."""

import pytest

from regulars.domain.identifiers import profile_id_of
from regulars.domain.profiles import fold_events
from regulars.profiles import write as writing
from tests.support.memory_stores import CrashError, MemoryStores
from tests.support.profile_stories import (
    build_event,
    build_order_event,
    call_before_write,
    deliver_events,
    get_single_profile,
    raise_crash,
)


@pytest.fixture(autouse=True)
def without_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "back_off", lambda _: None)


def test_profiles_become_the_older_one_when_an_event_joins_them() -> None:
    memory = MemoryStores()
    events = [build_event("old", "a:1", day=1), build_order_event("new", "shop/1", "u:ann", day=2)]
    deliver_events(memory, *events)
    link = build_event("link", "u:ann", "a:1", day=3)
    deliver_events(memory, link)
    assert get_single_profile(memory).profile_id == profile_id_of("a:1")
    assert get_single_profile(memory).state == fold_events([*events, link])
    assert set(memory.people.stored_pointers.values()) == {profile_id_of("a:1")}


def test_orders_of_a_merged_profile_move() -> None:
    memory = MemoryStores()
    deliver_events(
        memory, build_event("old", "a:1", day=1), build_order_event("new", "shop/1", "u:ann", day=2)
    )
    deliver_events(memory, build_event("link", "u:ann", "a:1", day=3))
    assert memory.profiles.read_orders(profile_id_of("u:ann")) == {}
    assert memory.profiles.read_orders(profile_id_of("a:1")).keys() == {"shop/1"}


def test_profiles_merged_one_after_another_all_lead_to_the_last_in_one_step() -> None:
    memory = MemoryStores()
    for number in range(1, 10):
        deliver_events(memory, build_event(f"page {number}", f"a:{number}", day=20 - number))
    for number in range(1, 9):
        deliver_events(memory, build_event(f"link {number}", f"a:{number}", f"a:{number + 1}"))
    merged = [
        profile for profile in memory.profiles.stored_profiles.values() if profile.merged_into
    ]
    assert {profile.merged_into for profile in merged} == {get_single_profile(memory).profile_id}
    assert len(merged) == 8


def test_profile_keeps_its_seniority_when_history_arrives() -> None:
    memory = MemoryStores()
    deliver_events(memory, build_event("page", "u:ann", day=9))
    seniority = get_single_profile(memory).seniority
    deliver_events(memory, build_event("history", "u:ann", day=1))
    assert get_single_profile(memory).seniority == seniority


def test_merge_is_finished_by_the_next_worker_after_a_crash() -> None:
    memory = MemoryStores()
    deliver_events(
        memory, build_event("old", "a:1", day=1), build_event("new", "u:ann", "e:ann", day=2)
    )
    call_before_write(memory, 2, raise_crash)  # frozen, not merged yet
    with pytest.raises(CrashError):
        deliver_events(memory, build_event("link", "u:ann", "a:1"))
    deliver_events(memory, build_event("next", "u:ann"))
    assert get_single_profile(memory).subjects == ("u:ann", "e:ann", "a:1")
    assert set(memory.people.stored_pointers.values()) == {profile_id_of("a:1")}


def test_subjects_that_led_to_a_merge_are_repointed_last() -> None:
    memory = MemoryStores()
    deliver_events(
        memory, build_event("old", "a:1", day=1), build_event("new", "u:ann", "e:ann", "a:9", day=2)
    )
    link = build_event("link", "u:ann", "a:1")
    call_before_write(memory, 5, raise_crash)  # two of three repointed
    with pytest.raises(CrashError):
        deliver_events(memory, link)
    assert memory.people.stored_pointers["u:ann"] == profile_id_of("u:ann")
    deliver_events(memory, link)
    assert set(memory.people.stored_pointers.values()) == {profile_id_of("a:1")}


def test_order_is_not_left_behind_when_its_profile_is_merged_meanwhile() -> None:
    memory = MemoryStores()
    deliver_events(memory, build_event("old", "a:1", day=1), build_event("new", "u:ann", day=2))
    call_before_write(
        memory, 1, lambda: deliver_events(memory, build_event("link", "u:ann", "a:1"))
    )
    deliver_events(memory, build_order_event("order", "shop/1", "u:ann", day=3))
    assert memory.profiles.read_orders(profile_id_of("u:ann")) == {}
    assert get_single_profile(memory).state.orders.count == 1


def test_subject_claimed_by_two_at_once_is_counted_in_one_profile() -> None:
    memory = MemoryStores()
    deliver_events(memory, build_event("ann", "u:ann"), build_event("bob", "u:bob", day=2))
    call_before_write(
        memory, 1, lambda: deliver_events(memory, build_event("other", "a:1", "u:bob", day=3))
    )
    deliver_events(memory, build_event("shared", "a:1", "u:ann", day=3))
    assert get_single_profile(memory).state.events == 4


def test_merge_removes_no_order_of_the_worker_that_finished_it() -> None:
    memory = MemoryStores()
    deliver_events(memory, build_event("old", "a:1", day=1), build_event("new", "u:ann", day=2))
    call_before_write(memory, 2, raise_crash)
    with pytest.raises(CrashError):
        deliver_events(memory, build_event("link", "u:ann", "a:1"))
    call_before_write(
        memory, 1, lambda: deliver_events(memory, build_order_event("order", "shop/1", "u:ann"))
    )
    deliver_events(memory, build_event("page", "u:ann", "e:ann"))
    assert memory.profiles.read_orders(profile_id_of("a:1")).keys() == {"shop/1"}
