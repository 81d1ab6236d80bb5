"""Stream records are read as changes, and a record without an event stops no other."""

from typing import Any

import msgspec
import pytest

from regulars.domain.events import Event, event_id
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.transport.stream_events import read_changes
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


def read_records(*records: Any) -> ChangeBatch:
    return read_changes(build_stream_event(*records))


def test_change_has_the_stored_event() -> None:
    assert read_records(build_insert_record(EVENT)).changes == (EventChange(EVENT),)


def test_change_has_the_replaced_event() -> None:
    after = msgspec.structs.replace(EVENT, type="Product Viewed")
    batch = read_records(build_modify_record(EVENT, after))
    assert batch.changes == (EventChange(after, EVENT),)


def test_rewrite_is_no_change_when_only_arrival_differs() -> None:
    again = msgspec.structs.replace(EVENT, received_at="2026-11-02T10:00:00.000Z", sent_at="x")
    assert not read_records(build_modify_record(EVENT, again)).changes


def test_removal_is_no_change() -> None:
    batch = read_records(build_record("REMOVE", OldImage=build_image(EVENT)))
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
def test_record_without_event_is_unreadable_and_stops_no_other(poison: Any) -> None:
    batch = read_records(poison, build_insert_record(EVENT))
    assert batch.changes == (EventChange(EVENT),)
    assert len(batch.unreadable) == 1
