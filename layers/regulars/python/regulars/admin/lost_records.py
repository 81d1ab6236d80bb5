"""Finds the events of a stream batch that a function gave up.

They are read from the stream, which holds them for a day; after that the events are found that the function's store lacks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from botocore.exceptions import ClientError, ParamValidationError

from regulars.admin.archived_events import ArchivedEvents
from regulars.admin.dead_letters import StreamBatch
from regulars.admin.deployment import Deployment
from regulars.domain.events import Event, encode_event
from regulars.identity.grouping import belongs_to_profile
from regulars.store import clients
from regulars.store.inventory import Inventory

ARCHIVE_FUNCTION = "archive_events"
WRITE_EVENTS = ("INSERT", "MODIFY")  # the functions are called with these only
MAX_SHARD_PAGES = 200  # most of them may be empty
MAX_CALL_BYTES = 1024 * 1024  # Lambda accepts 6 MB
EXPIRED_CODES = (
    "ResourceNotFoundException",
    "TrimmedDataAccessException",
    "ExpiredIteratorException",
)

type StreamRecord = dict[str, Any]


class LedgerStream:
    """The stream of the ledger."""

    def __init__(self, client: Any = None) -> None:
        self._client = client or clients.create_streams_client()

    def read_batch(self, batch: StreamBatch) -> list[StreamRecord]:
        """Return the records as the function was given them; [] when the stream no longer holds all of them."""
        try:
            records = [
                record for record in self._read_shard(batch) if _number_of(record) <= _end_of(batch)
            ]
        except ParamValidationError:  # no number that a stream can have
            return []
        except ClientError as error:
            if error.response["Error"]["Code"] in EXPIRED_CODES:
                return []
            raise
        is_complete = bool(records) and _number_of(records[-1]) == _end_of(batch)
        writes = (record for record in records if record["eventName"] in WRITE_EVENTS)
        return [_to_lambda_record(record, batch) for record in writes] if is_complete else []

    def _read_shard(self, batch: StreamBatch) -> Iterator[StreamRecord]:
        """Yield the records of the shard from the first one of the batch on, until the last one was read."""
        iterator: str | None = self._client.get_shard_iterator(
            StreamArn=batch.stream_arn,
            ShardId=batch.shard_id,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch.start_sequence_number,
        )["ShardIterator"]
        for _ in range(MAX_SHARD_PAGES):
            if iterator is None:
                return
            page = self._client.get_records(ShardIterator=iterator)
            yield from (dict(record) for record in page["Records"])
            if page["Records"] and _number_of(page["Records"][-1]) >= _end_of(batch):
                return
            iterator = page.get("NextShardIterator")


@dataclass(frozen=True, kw_only=True)
class LostRecordStores:
    """The stream, and the stores that show which events are missing."""

    stream: LedgerStream
    inventory: Inventory
    archived: ArchivedEvents

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(
            stream=LedgerStream(),
            inventory=Inventory(deployment.events_table, deployment.profiles_table),
            archived=ArchivedEvents(deployment.lake_bucket),
        )

    def find_missing(self, function: str) -> Iterator[list[StreamRecord]]:
        """Yield, in portions, all events of the ledger that the store of a function lacks, as records just written."""
        if function == ARCHIVE_FUNCTION:
            archived = self.archived.read_ids()
            return _to_portions(
                event for event in self.inventory.scan_events() if event.id not in archived
            )
        folded = self.inventory.scan_counted_ids()
        return _to_portions(
            event
            for event in self.inventory.scan_events()
            if belongs_to_profile(event) and event.id not in folded
        )


def list_event_ids(records: list[StreamRecord]) -> tuple[str, ...]:
    """Return the ids of the events in the records."""
    return tuple(record["dynamodb"]["Keys"]["event_id"]["S"] for record in records)


def _to_portions(events: Iterator[Event]) -> Iterator[list[StreamRecord]]:
    portion: list[StreamRecord] = []
    size = 0
    for event in events:
        text = encode_event(event).decode()
        portion.append(_to_insert_record(event, text))
        size += len(text)
        if size > MAX_CALL_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _to_insert_record(event: Event, text: str) -> StreamRecord:
    image = {"event_id": {"S": event.id}, "event": {"S": text}}
    return {"eventName": "INSERT", "dynamodb": {"NewImage": image}}


def _to_lambda_record(record: StreamRecord, batch: StreamBatch) -> StreamRecord:
    """Return a record of the API as Lambda gives it to a function."""
    images = dict(record["dynamodb"])
    created = images.get("ApproximateCreationDateTime")
    if isinstance(created, datetime):
        images["ApproximateCreationDateTime"] = created.timestamp()
    return {**record, "dynamodb": images, "eventSourceARN": batch.stream_arn}


def _number_of(record: Any) -> int:
    return int(record["dynamodb"]["SequenceNumber"])


def _end_of(batch: StreamBatch) -> int:
    return int(batch.end_sequence_number)
