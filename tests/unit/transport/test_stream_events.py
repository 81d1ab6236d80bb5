"""What is read from a batch of stream records."""

from typing import Any

import msgspec
import pytest

from regulars.domain.events import Event, event_id
from regulars.transport.stream_events import Change, changes
from tests.support.stream_records import (
    build_image,
    build_insert_record,
    build_modify_record,
    build_record,
    build_stream_event,
)

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
    assert changes(build_stream_event(build_insert_record(EVENT))).changes == (Change(EVENT),)


def test_changes_hold_what_was_replaced() -> None:
    after = msgspec.structs.replace(EVENT, type="Product Viewed")
    assert changes(build_stream_event(build_modify_record(EVENT, after))).changes == (
        Change(after, EVENT),
    )


def test_changes_leave_out_what_says_nothing_new() -> None:
    again = msgspec.structs.replace(EVENT, received_at="2026-11-02T10:00:00.000Z", sent_at="x")
    assert not changes(build_stream_event(build_modify_record(EVENT, again))).changes


def test_changes_leave_out_removals() -> None:
    batch = changes(build_stream_event(build_record("REMOVE", OldImage=build_image(EVENT))))
    assert not batch.changes
    assert not batch.unreadable


@pytest.mark.parametrize(
    "poison",
    [
        {},
        {"eventName": "INSERT"},
        build_record("INSERT"),
        build_record("INSERT", NewImage={"event": {"S": "{"}}),
        build_record("INSERT", NewImage={"event": {"S": '{"id": 1}'}}),
        build_record("INSERT", NewImage={"event": {"B": b"\xff"}}),
        build_record("MODIFY", NewImage=build_image(EVENT), OldImage={}),
        None,
    ],
)
def test_record_without_an_event_is_unreadable_and_stops_nobody(poison: Any) -> None:
    batch = changes(build_stream_event(poison, build_insert_record(EVENT)))
    assert batch.changes == (Change(EVENT),)
    assert len(batch.unreadable) == 1
