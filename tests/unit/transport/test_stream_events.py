"""What is read from a batch of stream records."""

from typing import Any

import msgspec
import pytest

from regulars.domain.events import Event, event_id
from regulars.domain.stream_changes import EventChange
from regulars.transport.stream_events import read_changes
from tests.support.stream_records import image, inserted, modified, record, stream

EVENT = Event(
    id=event_id("one"),
    type="Page Viewed",
    channel="web",
    source="segment/web",
    occurred_at="2026-11-01T10:00:00.000Z",
    received_at="2026-11-01T10:00:01.000Z",
    subjects=("u:ann",),
)


def test_changes_hold_what_was_stored() -> None:
    assert read_changes(stream(inserted(EVENT))).changes == (EventChange(EVENT),)


def test_changes_hold_what_was_replaced() -> None:
    after = msgspec.structs.replace(EVENT, type="Product Viewed")
    assert read_changes(stream(modified(EVENT, after))).changes == (EventChange(after, EVENT),)


def test_changes_leave_out_what_says_nothing_new() -> None:
    again = msgspec.structs.replace(EVENT, received_at="2026-11-02T10:00:00.000Z", sent_at="x")
    assert not read_changes(stream(modified(EVENT, again))).changes


def test_changes_leave_out_removals() -> None:
    batch = read_changes(stream(record("REMOVE", OldImage=image(EVENT))))
    assert not batch.changes
    assert not batch.unreadable


@pytest.mark.parametrize(
    "poison",
    [
        {},
        {"eventName": "INSERT"},
        record("INSERT"),
        record("INSERT", NewImage={"event": {"S": "{"}}),
        record("INSERT", NewImage={"event": {"S": '{"id": 1}'}}),
        record("INSERT", NewImage={"event": {"B": b"\xff"}}),
        record("MODIFY", NewImage=image(EVENT), OldImage={}),
        None,
    ],
)
def test_record_without_an_event_is_unreadable_and_stops_nobody(poison: Any) -> None:
    batch = read_changes(stream(poison, inserted(EVENT)))
    assert batch.changes == (EventChange(EVENT),)
    assert len(batch.unreadable) == 1
