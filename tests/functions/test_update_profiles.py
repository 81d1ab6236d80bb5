"""The function that keeps profiles, on moto: from stream records to stored profiles."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.identifiers import profile_id_of
from regulars.domain.profiles import Profile, fold_events
from regulars.settings import UpdateProfilesSettings
from regulars.store.ledger import Ledger
from regulars.store.people import People
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects
from tests.support.aws import Deployed
from tests.support.gateway import loaded
from tests.support.stream_records import inserted, modified, record, stream

type Handler = Callable[..., dict[str, Any]]


@pytest.fixture
def handler(aws: Deployed, monkeypatch: pytest.MonkeyPatch) -> Handler:
    settings = aws.settings(UpdateProfilesSettings)
    module = loaded("update_profiles", settings, monkeypatch)
    return lambda *records: module.handler(stream(*records), None)


def event(name: str, *subjects: str, day: int = 1, **fields: Any) -> Event:
    defaults: dict[str, Any] = {
        "type": "Page Viewed",
        "channel": "web",
        "source": "segment/web",
        "occurred_at": f"2026-11-{day:02}T10:00:00.000Z",
        "received_at": f"2026-11-{day:02}T10:00:01.000Z",
    }
    return Event(id=event_id(name), subjects=subjects, **defaults | fields)


def order(name: str, *subjects: str, **fields: Any) -> Event:
    return event(
        name,
        *subjects,
        order=OrderFact(key="shop/1", version="1", total=990, currency="EUR"),
        **fields,
    )


def profiles(aws: Deployed, *subjects: str) -> list[Profile]:
    pointers = People("test-people", aws.dynamodb).resolve_subjects(subjects)
    return list(Profiles("test-profiles", aws.dynamodb).read_profiles(pointers.values()).values())


def test_records_become_a_profile_once(aws: Deployed, handler: Handler) -> None:
    events = [event("page", "u:ann", "a:1"), order("order", "u:ann", day=2)]
    for _ in range(2):
        answer = handler(*map(inserted, events))
    assert answer == {"batchItemFailures": []}
    assert [one.state for one in profiles(aws, "u:ann", "a:1")] == [fold_events(events)]


def test_profiles_with_orders_merge(aws: Deployed, handler: Handler) -> None:
    events = [event("page", "a:1"), order("order", "u:ann", day=2), event("link", "u:ann", "a:1")]
    Ledger("test-events", aws.dynamodb).record_events(events)
    for one in events:
        handler(inserted(one))
    assert [one.state for one in profiles(aws, "u:ann", "a:1")] == [fold_events(events)]
    assert not Profiles("test-profiles", aws.dynamodb).read_orders(profile_id_of("u:ann"))


def test_contact_known_before_stays_beside_the_pointer(aws: Deployed, handler: Handler) -> None:
    people = People("test-people", aws.dynamodb)
    people.store_contact("u:ann", {"email": "ann@example.com"}, "2026-11-01T10:00:00.000Z")
    handler(inserted(event("page", "u:ann")))
    assert people.read_contacts(["u:ann"]) == {"email": "ann@example.com"}
    assert people.resolve_subjects(["u:ann"]) == {"u:ann": profile_id_of("u:ann")}


def test_rewritten_event_is_folded_anew(aws: Deployed, handler: Handler) -> None:
    before, after = event("page", "u:ann"), event("page", "u:ann", type="Product Viewed")
    handler(inserted(before))
    Ledger("test-events", aws.dynamodb).record_events([after])
    handler(modified(before, after))
    assert [one.state for one in profiles(aws, "u:ann")] == [fold_events([after])]


@pytest.mark.parametrize(
    ("poison", "code"),
    [
        (record("INSERT"), "unreadable_record"),
        (inserted(event("poison", "")), "unfoldable_event"),
        (inserted(event("poison", "u:" + "x" * 3000)), "unfoldable_event"),
    ],
)
def test_poison_record_is_set_aside(
    aws: Deployed, handler: Handler, poison: dict[str, Any], code: str
) -> None:
    handler(poison, inserted(event("page", "u:ann")))
    rejects = Rejects("test-rejects", aws.dynamodb).list_rejects(
        datetime.now(UTC).date().isoformat()
    )
    assert [reject["code"] for reject in rejects] == [code]
    assert [one.state.events for one in profiles(aws, "u:ann")] == [1]


def test_poison_records_of_one_batch_are_all_set_aside(aws: Deployed, handler: Handler) -> None:
    handler(record("INSERT"), inserted(event("poison", "")), inserted(event("page", "u:ann")))
    rejects = Rejects("test-rejects", aws.dynamodb).list_rejects(
        datetime.now(UTC).date().isoformat()
    )
    codes = sorted(str(reject["code"]) for reject in rejects)
    assert codes == ["unfoldable_event", "unreadable_record"]


def test_profile_nobody_can_read_stops_only_its_person(aws: Deployed, handler: Handler) -> None:
    handler(inserted(event("page", "u:ann")), inserted(event("page of bob", "u:bob")))
    key = {"profile_id": {"S": profile_id_of("u:bob")}, "sk": {"S": "profile"}}
    aws.dynamodb.put_item(TableName="test-profiles", Item={**key, "state": {"S": "{"}})
    handler(inserted(event("next", "u:ann")), inserted(event("next of bob", "u:bob")))
    assert [one.state.events for one in profiles(aws, "u:ann")] == [2]
