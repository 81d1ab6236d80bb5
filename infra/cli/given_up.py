"""The events of a batch that a function gave up: read from the stream while it holds them, found by difference after."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError, ParamValidationError

from infra.cli.letters import StreamBatch
from infra.cli.settling import Lake
from infra.cli.stack import Stack
from regulars.domain.events import Event, encode_event
from regulars.identity.grouping import belongs_to_profile
from regulars.settings import ArchiveEventsSettings, UpdateProfilesSettings
from regulars.store.inventory import Inventory

WRITTEN = ("INSERT", "MODIFY")  # what the functions are called with
MOST_PAGES = 200  # of a shard, most of them may be empty
LARGEST_CALL = 1024 * 1024  # bytes; Lambda takes 6 MB
GONE = ("ResourceNotFoundException", "TrimmedDataAccessException", "ExpiredIteratorException")

type Record = dict[str, Any]


def records(batch: StreamBatch) -> list[Record]:
    """The records as the function was given them; [] when the stream, which keeps a day, has let them go."""
    try:
        found = [record for record in _read(batch) if _number(record) <= _end(batch)]
    except ParamValidationError:  # no number that a stream can have
        return []
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return []
        raise
    complete = bool(found) and _number(found[-1]) == _end(batch)
    return [
        _given(record, batch) for record in found if complete and record["eventName"] in WRITTEN
    ]


def event_ids(given: list[Record]) -> tuple[str, ...]:
    """The ids of the events in them."""
    return tuple(record["dynamodb"]["Keys"]["event_id"]["S"] for record in given)


def missing(deployed: Stack, function: str) -> Iterator[list[Record]]:
    """All events of the ledger that a function's store lacks, in portions, as if they were written just now."""
    tables = deployed.settings(UpdateProfilesSettings)
    inventory = Inventory(tables.events_table, tables.people_table, tables.profiles_table)
    if function == "archive_events":
        lake = Lake(deployed.settings(ArchiveEventsSettings).lake_bucket)
        lake.count()
        known = lake.ids
        lacking = (event for event in inventory.scan_events() if event.id not in known)
    else:
        known = inventory.scan_counted_ids()
        lacking = (
            one
            for one in inventory.scan_events()
            if belongs_to_profile(one) and one.id not in known
        )
    return _portions(lacking)


def stream_client() -> Any:
    """What reads streams."""
    return boto3.client("dynamodbstreams")


def _portions(events: Iterator[Event]) -> Iterator[list[Record]]:
    portion: list[Record] = []
    size = 0
    for event in events:
        text = encode_event(event).decode()
        portion.append(_inserted(event, text))
        size += len(text)
        if size > LARGEST_CALL:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _inserted(event: Event, text: str) -> Record:
    image = {"event_id": {"S": event.id}, "event": {"S": text}}
    return {"eventName": "INSERT", "dynamodb": {"NewImage": image}}


def _read(batch: StreamBatch) -> Iterator[Record]:
    """The records of the shard from the batch's first one on, until its last one was seen."""
    client = stream_client()
    iterator: str | None = client.get_shard_iterator(
        StreamArn=batch.stream_arn,
        ShardId=batch.shard_id,
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=batch.start_sequence_number,
    )["ShardIterator"]
    for _ in range(MOST_PAGES):
        if iterator is None:
            return
        page = client.get_records(ShardIterator=iterator)
        yield from (dict(record) for record in page["Records"])
        if page["Records"] and _number(page["Records"][-1]) >= _end(batch):
            return
        iterator = page.get("NextShardIterator")


def _given(record: Record, batch: StreamBatch) -> Record:
    """A record of the API as Lambda gives it to a function."""
    images = dict(record["dynamodb"])
    created = images.get("ApproximateCreationDateTime")
    if isinstance(created, datetime):
        images["ApproximateCreationDateTime"] = created.timestamp()
    return {**record, "dynamodb": images, "eventSourceARN": batch.stream_arn}


def _number(record: Any) -> int:
    return int(record["dynamodb"]["SequenceNumber"])


def _end(batch: StreamBatch) -> int:
    return int(batch.end_sequence_number)
