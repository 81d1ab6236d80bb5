"""Updates of profiles from the ledger's stream, for one or two persons."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from regulars.domain.errors import ConcurrentUpdateError, LedgerLaggingError
from regulars.domain.events import encode_event, event_id
from regulars.domain.identifiers import profile_id_of
from regulars.domain.profiles import SubjectProfile, fold_events
from regulars.domain.stream_changes import ChangeBatch, UnreadableRecord
from regulars.profiles import fold as folding
from regulars.profiles import write as writing
from regulars.profiles.update import update_profiles
from regulars.store.profiles import SubjectItems
from tests.support.memory_stores import MemoryProfiles, MemoryStores
from tests.support.profile_stories import (
    NOW,
    build_event,
    build_order_event,
    call_before_write,
    deliver_events,
    get_single_profile,
    replace_event,
)


@pytest.fixture(autouse=True)
def without_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "back_off", lambda _: None)


def test_visitor_becomes_a_profile_of_all_named_subjects() -> None:
    memory = MemoryStores()
    deliver_events(memory, build_event("page", "u:ann", "a:1"))
    assert get_single_profile(memory).profile_id == profile_id_of("u:ann")
    assert get_single_profile(memory).subjects == ("u:ann", "a:1")


def test_batch_of_one_person_is_one_profile_write() -> None:
    memory = MemoryStores()
    deliver_events(memory, *(build_event(str(number), "u:ann") for number in range(100)))
    assert get_single_profile(memory).state.events == 100
    assert memory.write_hook.write_count == 2  # the identity and the profile


def test_known_subjects_are_named_again_without_a_write_of_their_identities() -> None:
    memory = MemoryStores()
    deliver_events(memory, build_event("login", "u:ann", "a:1"))
    before = memory.write_hook.write_count
    deliver_events(memory, *(build_event(name, "u:ann", "a:1", day=2) for name in "abc"))
    assert memory.write_hook.write_count == before + 1


@pytest.mark.parametrize("fields", [{"test": True}, {}])
def test_event_without_subject_or_of_a_test_creates_no_profile(fields: dict[str, Any]) -> None:
    memory = MemoryStores()
    deliver_events(memory, build_event("page", *(["u:ann"] if fields else []), **fields))
    assert not memory.profiles.stored_profiles
    assert not memory.profiles.stored_identities


def test_event_is_counted_once_when_it_arrives_again_weeks_later() -> None:
    memory = MemoryStores()
    deliver_events(memory, build_event("first", "u:ann"))
    for day in range(2, 28):
        deliver_events(
            memory, *(build_event(f"{day}/{number}", "u:ann", day=day) for number in range(5))
        )
    state = get_single_profile(memory).state
    deliver_events(memory, build_event("first", "u:ann"))
    assert get_single_profile(memory).state == state


def test_profile_carries_few_ids_after_many_events() -> None:
    memory = MemoryStores()
    for number in range(100):
        deliver_events(memory, build_event(str(number), "u:ann"))
    assert len(memory.profiles.stored_profiles["u:ann"].applied) <= folding.MAX_APPLIED_IDS
    assert (
        len(memory.profiles.read_spilled(memory.profiles.stored_profiles["u:ann"]).event_ids)
        + len(memory.profiles.stored_profiles["u:ann"].applied)
        == 100
    )


def test_changed_event_is_counted_as_it_is_now() -> None:
    memory = MemoryStores()
    before = build_order_event("order", "shop/1", "u:ann")
    deliver_events(memory, before)
    replace_event(memory, before, build_order_event("order", "shop/2", "u:ann", total=700))
    assert get_single_profile(memory).state.orders.money == {"EUR": 700}
    assert not memory.orders.records["shop/1"].holder
    assert memory.orders.records["shop/2"].holder == "u:ann"


def test_changed_event_leaves_the_profile_it_no_longer_belongs_to() -> None:
    memory = MemoryStores()
    before = build_order_event("order", "shop/1", "u:ann")
    deliver_events(memory, before, build_event("page", "u:ann"))
    replace_event(memory, before, build_order_event("order", "shop/1", "u:bob"))
    profiles = memory.list_profiles()
    assert profiles[profile_id_of("u:ann")].state == fold_events([build_event("page", "u:ann")])
    assert profiles[profile_id_of("u:bob")].state.orders.count == 1


def test_event_changed_to_a_test_is_no_longer_counted() -> None:
    memory = MemoryStores()
    before = build_event("page", "u:ann")
    deliver_events(memory, before)
    replace_event(memory, before, msgspec.structs.replace(before, test=True))
    assert get_single_profile(memory).state.events == 0


def test_event_rewritten_before_it_was_counted_is_not_counted() -> None:
    memory = MemoryStores()
    before = build_event("page", "u:ann")
    replace_event(memory, before, msgspec.structs.replace(before, test=True))
    assert not memory.list_people()


def test_rewritten_event_removes_no_order_that_another_worker_is_about_to_count() -> None:
    memory = MemoryStores()
    page = build_event("page", "u:ann")
    again = build_event("page", "u:ann", properties={"title": "Teapots"})
    deliver_events(memory, page)
    call_before_write(memory, 2, lambda: replace_event(memory, page, again))
    deliver_events(memory, build_order_event("order", "shop/1", "u:ann"))
    assert memory.orders.records["shop/1"].holder == "u:ann"
    assert get_single_profile(memory).state.orders.count == 1


def test_refold_waits_when_the_ledger_lacks_a_counted_event() -> None:
    memory = MemoryStores()
    old, new = (build_event(name, "u:ann") for name in ("old", "new"))
    deliver_events(memory, old, new)
    del memory.ledger.events[event_id("old")]
    with pytest.raises(LedgerLaggingError):
        replace_event(memory, new, build_event("new", "u:ann", properties={"title": "Teapots"}))


def test_poison_event_is_rejected_and_stops_no_other_person() -> None:
    memory = MemoryStores()
    memory.profiles = PoisonedProfiles()
    events = [
        build_event("ann", "u:ann"),
        build_event("poison", "e:poison", "u:ann"),
        build_event("bob", "u:bob"),
    ]
    deliver_events(memory, *events)
    assert {profile.state.events for profile in memory.list_profiles().values()} == {1}
    assert [reject.raw for reject in memory.rejects.stored_rejects] == [encode_event(events[1])]


def test_record_without_an_event_is_rejected() -> None:
    memory = MemoryStores()
    update_profiles(
        ChangeBatch(unreadable=(UnreadableRecord("no event", b"{}"),)), memory.stores, NOW
    )
    assert [reject.raw for reject in memory.rejects.stored_rejects] == [b"{}"]


def test_retryable_error_is_raised_after_all_other_persons() -> None:
    memory = MemoryStores()

    def raise_throttling() -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem")

    call_before_write(memory, 1, raise_throttling)
    with pytest.raises(ClientError):
        deliver_events(memory, build_event("ann", "u:ann"), build_event("bob", "u:bob"))
    assert get_single_profile(memory).subjects == ("u:bob",)
    assert not memory.rejects.stored_rejects


def test_item_dynamodb_never_accepts_is_rejected() -> None:
    memory = MemoryStores()

    def refuse_item() -> None:
        raise ClientError({"Error": {"Code": "ValidationException"}}, "PutItem")

    call_before_write(memory, 1, refuse_item)
    deliver_events(memory, build_event("ann", "u:ann"))
    assert [reject.source for reject in memory.rejects.stored_rejects] == ["segment/web"]


def test_worker_gives_up_when_others_are_always_faster() -> None:
    memory = MemoryStores()
    memory.profiles = ContendedProfiles()
    with pytest.raises(ConcurrentUpdateError):
        deliver_events(memory, build_event("ann", "u:ann"))


class PoisonedProfiles(MemoryProfiles):
    """PROFILES in memory with one subject that makes every call fail."""

    def read_subjects(self, subjects: Iterable[str]) -> SubjectItems:
        if "e:poison" in (subjects := list(subjects)):
            raise ValueError
        return super().read_subjects(subjects)


class ContendedProfiles(MemoryProfiles):
    """PROFILES in memory where another worker is always faster."""

    def write_profile(self, profile: SubjectProfile) -> None:  # noqa: ARG002
        raise ConcurrentUpdateError
