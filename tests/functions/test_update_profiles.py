"""The update_profiles function on moto: from stream records to stored profiles."""

from collections.abc import Callable
from typing import Any

import pytest

from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.identifiers import profile_id_of
from regulars.domain.profiles import ProfileState, fold_events
from regulars.profiles.served_profiles import ServedProfiles
from regulars.settings import UpdateProfilesSettings
from regulars.store.ledger import Ledger
from regulars.store.schema import PROFILE_SORT_KEY
from tests.support.aws import MotoStack
from tests.support.gateway import load_handler
from tests.support.stream_records import (
    build_insert_record,
    build_modify_record,
    build_record,
    build_stream_event,
)

type Handler = Callable[..., dict[str, Any]]


@pytest.fixture
def handler(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Handler:
    settings = aws.build_settings(UpdateProfilesSettings)
    module = load_handler("update_profiles", settings, monkeypatch)
    return lambda *records: module.handler(build_stream_event(*records), None)


def build_event(name: str, *subjects: str, day: int = 1, **fields: Any) -> Event:
    defaults: dict[str, Any] = {
        "type": "Page Viewed",
        "channel": "web",
        "source": "segment/web",
        "occurred_at": f"2026-11-{day:02}T10:00:00.000Z",
        "received_at": f"2026-11-{day:02}T10:00:01.000Z",
    }
    return Event(id=event_id(name), subjects=subjects, **defaults | fields)


def build_order_event(name: str, *subjects: str, **fields: Any) -> Event:
    return build_event(
        name,
        *subjects,
        order=OrderFact(key="shop/1", version="1", total=990, currency="EUR"),
        **fields,
    )


# DynamoDB stores no key of that length.
POISON_EVENT = build_event(
    "poison", "u:bob", order=OrderFact(key="shop/" + "1" * 3000, version="1")
)


def find_state(aws: MotoStack, subject: str) -> ProfileState | None:
    person = ServedProfiles("test-profiles", aws.dynamodb).find_by_subjects([subject])
    return person.state if person else None


def test_records_become_a_profile_once(aws: MotoStack, handler: Handler) -> None:
    events = [build_event("page", "u:ann", "a:1"), build_order_event("order", "u:ann", day=2)]
    for _ in range(2):
        answer = handler(*map(build_insert_record, events))
    assert answer == {"batchItemFailures": []}
    assert find_state(aws, "u:ann") == find_state(aws, "a:1") == fold_events(events)


def test_subjects_with_orders_become_one_person(aws: MotoStack, handler: Handler) -> None:
    events = [
        build_event("page", "a:1"),
        build_order_event("order", "u:ann", day=2),
        build_event("link", "u:ann", "a:1"),
    ]
    Ledger("test-events", aws.dynamodb).record_events(events)
    for event in events:
        handler(build_insert_record(event))
    assert find_state(aws, "u:ann") == find_state(aws, "a:1") == fold_events(events)


def test_rewritten_event_is_folded_again(aws: MotoStack, handler: Handler) -> None:
    before, after = (
        build_event("page", "u:ann"),
        build_event("page", "u:ann", type="Product Viewed"),
    )
    handler(build_insert_record(before))
    Ledger("test-events", aws.dynamodb).record_events([after])
    handler(build_modify_record(before, after))
    assert find_state(aws, "u:ann") == fold_events([after])


def test_rewritten_event_of_a_long_profile_is_folded_again(
    aws: MotoStack, handler: Handler
) -> None:
    events = [build_event(str(number), "u:ann", day=1 + number // 10) for number in range(60)]
    before, after = events[0], build_event("0", "u:ann", type="Product Viewed")
    Ledger("test-events", aws.dynamodb).record_events([after, *events[1:]])
    for start in range(0, 60, 10):
        handler(*map(build_insert_record, events[start : start + 10]))
    for _ in range(2):
        handler(build_modify_record(before, after))
        assert find_state(aws, "u:ann") == fold_events([after, *events[1:]])
    handler(build_insert_record(events[1]))
    assert find_state(aws, "u:ann") == fold_events([after, *events[1:]])


@pytest.mark.parametrize(
    ("poison", "code"),
    [
        (build_record("INSERT"), "unreadable_record"),
        (build_insert_record(POISON_EVENT), "unfoldable_event"),
    ],
)
def test_poison_record_is_rejected(
    aws: MotoStack, handler: Handler, poison: dict[str, Any], code: str
) -> None:
    handler(poison, build_insert_record(build_event("page", "u:ann")))
    rejects = aws.list_rejects()
    assert [reject["code"] for reject in rejects] == [code]
    assert find_state(aws, "u:ann") == fold_events([build_event("page", "u:ann")])


def test_poison_records_of_one_batch_are_all_rejected(aws: MotoStack, handler: Handler) -> None:
    handler(
        build_record("INSERT"),
        build_insert_record(POISON_EVENT),
        build_insert_record(build_event("page", "u:ann")),
    )
    rejects = aws.list_rejects()
    codes = sorted(str(reject["code"]) for reject in rejects)
    assert codes == ["unfoldable_event", "unreadable_record"]


def test_unreadable_profile_stops_only_its_person(aws: MotoStack, handler: Handler) -> None:
    handler(
        build_insert_record(build_event("page", "u:ann")),
        build_insert_record(build_event("page of bob", "u:bob")),
    )
    key = {"profile_id": {"S": profile_id_of("u:bob")}, "sk": {"S": PROFILE_SORT_KEY}}
    aws.dynamodb.put_item(TableName="test-profiles", Item={**key, "state": {"S": "{"}})
    handler(
        build_insert_record(build_event("next", "u:ann")),
        build_insert_record(build_event("next of bob", "u:bob")),
    )
    state = find_state(aws, "u:ann")
    assert state
    assert state.events == 2
