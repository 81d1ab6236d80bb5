"""Stream records are archived as files of events by day."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from regulars.domain.events import Event, decode_event, event_id
from regulars.settings import ArchiveEventsSettings
from tests.support.aws import MotoStack
from tests.support.gateway import load_handler
from tests.support.stream_records import build_insert_record, build_record, build_stream_event

type Handler = Callable[..., dict[str, Any]]


@pytest.fixture
def handler(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Handler:
    module = load_handler("archive_events", aws.build_settings(ArchiveEventsSettings), monkeypatch)
    return lambda *records: module.handler(build_stream_event(*records), None)


def build_event(name: str, day: int = 1, *subjects: str) -> Event:
    return Event(
        id=event_id(name),
        type="Page Viewed",
        channel="web",
        source="segment/web",
        occurred_at="2026-10-01T10:00:00.000Z",
        received_at=f"2026-11-{day:02}T10:00:01.000Z",
        subjects=subjects,
    )


def read_lake(aws: MotoStack) -> dict[str, list[Event]]:
    """Return the events of all objects by their folder."""
    entries = aws.s3.list_objects_v2(Bucket="test-lake").get("Contents", [])
    files: dict[str, list[Event]] = {}
    for key in [entry["Key"] for entry in entries]:
        body = aws.s3.get_object(Bucket="test-lake", Key=key)["Body"].read()
        lines = gzip.decompress(body).splitlines()
        files.setdefault(key.rpartition("/")[0], []).extend(map(decode_event, lines))
    return files


def test_events_are_archived_by_day_received(aws: MotoStack, handler: Handler) -> None:
    first, second = build_event("first", 1, "u:ann"), build_event("second", 2)
    assert handler(build_insert_record(first), build_insert_record(second)) == {
        "batchItemFailures": []
    }
    assert read_lake(aws) == {"events/dt=2026-11-01": [first], "events/dt=2026-11-02": [second]}


def test_file_is_replaced_when_batch_is_repeated(aws: MotoStack, handler: Handler) -> None:
    for _ in range(2):
        handler(
            build_insert_record(build_event("first")), build_insert_record(build_event("second"))
        )
    assert [len(events) for events in read_lake(aws).values()] == [2]


def test_unreadable_record_is_rejected_and_others_are_archived(
    aws: MotoStack, handler: Handler
) -> None:
    handler(build_record("INSERT", NewImage={}), build_insert_record(build_event("first")))
    rejects = aws.list_rejects()
    assert [reject["code"] for reject in rejects] == ["unreadable_record"]
    assert list(read_lake(aws).values()) == [[build_event("first")]]


def test_all_unreadable_records_of_a_batch_are_rejected(aws: MotoStack, handler: Handler) -> None:
    handler(
        build_record("INSERT", NewImage={}), build_record("INSERT", NewImage={"event": {"S": "{"}})
    )
    rejects = aws.list_rejects()
    assert [reject["code"] for reject in rejects] == ["unreadable_record"] * 2


def test_batch_of_removals_writes_no_file(aws: MotoStack, handler: Handler) -> None:
    handler(build_record("REMOVE", OldImage={}))
    assert read_lake(aws) == {}


def test_bucket_error_is_raised_for_a_retry(aws: MotoStack, handler: Handler) -> None:
    aws.s3.delete_bucket(Bucket="test-lake")
    with pytest.raises(ClientError):
        handler(build_insert_record(build_event("first")))
