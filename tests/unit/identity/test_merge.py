"""Two profiles that turn out to be one person's: merged whatever crashes or comes between, and nothing lost."""

import pytest

from regulars.domain.identifiers import profile_id_of
from regulars.domain.profiles import fold_events
from regulars.profiles import write as writing
from tests.support.memory_stores import CrashError, Memory
from tests.support.profile_stories import before_write, crash, event, only, order, tell


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "back_off", lambda _: None)


def test_profiles_become_the_older_one_when_an_event_joins_them() -> None:
    memory = Memory()
    events = [event("old", "a:1", day=1), order("new", "shop/1", "u:ann", day=2)]
    tell(memory, *events)
    link = event("link", "u:ann", "a:1", day=3)
    tell(memory, link)
    assert only(memory).profile_id == profile_id_of("a:1")
    assert only(memory).state == fold_events([*events, link])
    assert set(memory.people.pointed.values()) == {profile_id_of("a:1")}


def test_orders_of_a_merged_profile_move() -> None:
    memory = Memory()
    tell(memory, event("old", "a:1", day=1), order("new", "shop/1", "u:ann", day=2))
    tell(memory, event("link", "u:ann", "a:1", day=3))
    assert memory.profiles.read_orders(profile_id_of("u:ann")) == {}
    assert memory.profiles.read_orders(profile_id_of("a:1")).keys() == {"shop/1"}


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
    assert set(memory.people.pointed.values()) == {profile_id_of("a:1")}


def test_subjects_that_led_to_a_merge_are_pointed_anew_last() -> None:
    memory = Memory()
    tell(memory, event("old", "a:1", day=1), event("new", "u:ann", "e:ann", "a:9", day=2))
    link = event("link", "u:ann", "a:1")
    before_write(memory, 5, crash)  # two of three pointed anew
    with pytest.raises(CrashError):
        tell(memory, link)
    assert memory.people.pointed["u:ann"] == profile_id_of("u:ann")
    tell(memory, link)
    assert set(memory.people.pointed.values()) == {profile_id_of("a:1")}


def test_order_is_not_left_behind_when_its_profile_is_merged_meanwhile() -> None:
    memory = Memory()
    tell(memory, event("old", "a:1", day=1), event("new", "u:ann", day=2))
    before_write(memory, 1, lambda: tell(memory, event("link", "u:ann", "a:1")))
    tell(memory, order("order", "shop/1", "u:ann", day=3))
    assert memory.profiles.read_orders(profile_id_of("u:ann")) == {}
    assert only(memory).state.orders.count == 1


def test_subject_claimed_by_two_at_once_is_counted_in_one_profile() -> None:
    memory = Memory()
    tell(memory, event("ann", "u:ann"), event("bob", "u:bob", day=2))
    before_write(memory, 1, lambda: tell(memory, event("other", "a:1", "u:bob", day=3)))
    tell(memory, event("shared", "a:1", "u:ann", day=3))
    assert only(memory).state.events == 4


def test_merge_takes_no_order_from_whoever_finished_it_meanwhile() -> None:
    memory = Memory()
    tell(memory, event("old", "a:1", day=1), event("new", "u:ann", day=2))
    before_write(memory, 2, crash)
    with pytest.raises(CrashError):
        tell(memory, event("link", "u:ann", "a:1"))
    before_write(memory, 1, lambda: tell(memory, order("order", "shop/1", "u:ann")))
    tell(memory, event("page", "u:ann", "e:ann"))
    assert memory.profiles.read_orders(profile_id_of("a:1")).keys() == {"shop/1"}
