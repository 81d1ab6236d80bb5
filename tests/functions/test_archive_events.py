"""The function that fills the lake, on moto: stream records to files of events by day."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from regulars.domain.events import Event, decode_event, event_id
from regulars.settings import ArchiveEventsSettings
from tests.support.aws import MotoStack
from tests.support.gateway import loaded
from tests.support.stream_records import build_insert_record, build_record, build_stream_event

type Handler = Callable[..., dict[str, Any]]


@pytest.fixture
def handler(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Handler:
    module = loaded("archive_events", aws.build_settings(ArchiveEventsSettings), monkeypatch)
    return lambda *records: module.handler(build_stream_event(*records), None)


def event(name: str, day: int = 1, *subjects: str) -> Event:
    return Event(
        id=event_id(name),
        type="Page Viewed",
        channel="web",
        source="segment/web",
        occurred_at="2026-10-01T10:00:00.000Z",
        received_at=f"2026-11-{day:02}T10:00:01.000Z",
        subjects=subjects,
    )


def lake(aws: MotoStack) -> dict[str, list[Event]]:
    """The events of each object, by its folder."""
    listed = aws.s3.list_objects_v2(Bucket="test-lake").get("Contents", [])
    files: dict[str, list[Event]] = {}
    for key in [entry["Key"] for entry in listed]:
        body = aws.s3.get_object(Bucket="test-lake", Key=key)["Body"].read()
        lines = gzip.decompress(body).splitlines()
        files.setdefault(key.rpartition("/")[0], []).extend(map(decode_event, lines))
    return files


def test_events_are_kept_by_the_day_they_were_received(aws: MotoStack, handler: Handler) -> None:
    first, second = event("first", 1, "u:ann"), event("second", 2)
    assert handler(build_insert_record(first), build_insert_record(second)) == {
        "batchItemFailures": []
    }
    assert lake(aws) == {"events/dt=2026-11-01": [first], "events/dt=2026-11-02": [second]}


def test_batch_that_comes_again_replaces_its_file(aws: MotoStack, handler: Handler) -> None:
    for _ in range(2):
        handler(build_insert_record(event("first")), build_insert_record(event("second")))
    assert [len(events) for events in lake(aws).values()] == [2]


def test_poison_record_is_set_aside_and_the_others_are_kept(
    aws: MotoStack, handler: Handler
) -> None:
    handler(build_record("INSERT", NewImage={}), build_insert_record(event("first")))
    rejects = aws.list_rejects()
    assert [reject["code"] for reject in rejects] == ["unreadable_record"]
    assert list(lake(aws).values()) == [[event("first")]]


def test_poison_records_of_one_batch_are_all_set_aside(aws: MotoStack, handler: Handler) -> None:
    handler(
        build_record("INSERT", NewImage={}), build_record("INSERT", NewImage={"event": {"S": "{"}})
    )
    rejects = aws.list_rejects()
    assert [reject["code"] for reject in rejects] == ["unreadable_record"] * 2


def test_batch_of_removals_writes_nothing(aws: MotoStack, handler: Handler) -> None:
    handler(build_record("REMOVE", OldImage={}))
    assert lake(aws) == {}


def test_fault_of_the_bucket_is_raised_so_that_the_batch_comes_again(
    aws: MotoStack, handler: Handler
) -> None:
    aws.s3.delete_bucket(Bucket="test-lake")
    with pytest.raises(ClientError):
        handler(build_insert_record(event("first")))
