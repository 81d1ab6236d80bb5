"""The ledger: every event once, under the key of what it says and never of when it came; the first write wins."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.events import Event, decode, encode
from regulars.store import schema
from regulars.store.batches import read_all, write_all
from regulars.store.clients import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TIMELINE = schema.EVENTS.indexes[0]


class Recorded(msgspec.Struct, frozen=True):
    """The ids of the events a call wrote, and of those that were there already; each in the order given."""

    new: tuple[str, ...] = ()
    known: tuple[str, ...] = ()


class Ledger:
    """The EVENTS table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    def record(self, events: Sequence[Event]) -> Recorded:
        """Store what is not there yet. When this returns, every event is durable.

        StoreBusyError or botocore's ClientError when something could not be written; calling again is safe.
        """
        unique = {event.id: event for event in reversed(events)}
        if len(unique) == 1:
            return self._record_one(events[0])
        known = self._known(tuple(unique))
        ids = tuple(dict.fromkeys(event.id for event in events))
        new = tuple(id_ for id_ in ids if id_ not in known)
        write_all(self._client, self._table, [_item(unique[id_]) for id_ in new])
        return Recorded(new, tuple(id_ for id_ in ids if id_ in known))

    def read(self, ids: Sequence[str]) -> list[Event]:
        """The events with these ids that exist, strongly consistent, in the order asked."""
        items = read_all(self._client, self._table, _keys(ids), ConsistentRead=True)
        found = {item["event_id"]["S"]: decode(item["event"]["S"]) for item in items}
        return [found[id_] for id_ in dict.fromkeys(ids) if id_ in found]

    def timeline(self, subject: str) -> list[str]:
        """The ids of a subject's events, oldest first. The index lags: a fresh write may be missing."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=TIMELINE.name,
            KeyConditionExpression="subject = :subject",
            ExpressionAttributeValues={":subject": {"S": subject}},
        )
        return [item["event_id"]["S"] for page in pages for item in page["Items"]]

    def recent(self, subject: str, since: str, most: int) -> list[str]:
        """The ids of a subject's events since a time, newest first and at most so many. The index lags."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=TIMELINE.name,
            KeyConditionExpression="subject = :subject AND occurred_at >= :since",
            ExpressionAttributeValues={":subject": {"S": subject}, ":since": {"S": since}},
            ScanIndexForward=False,
            PaginationConfig={"MaxItems": most, "PageSize": most},
        )
        return [item["event_id"]["S"] for page in pages for item in page["Items"]]

    def _record_one(self, event: Event) -> Recorded:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_item(event),
                ConditionExpression="attribute_not_exists(event_id)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return Recorded(known=(event.id,))
        return Recorded(new=(event.id,))

    def _known(self, ids: Sequence[str]) -> frozenset[str]:
        items = read_all(self._client, self._table, _keys(ids), ProjectionExpression="event_id")
        return frozenset(item["event_id"]["S"] for item in items)


def _keys(ids: Sequence[str]) -> list[dict[str, Any]]:
    return [{"event_id": {"S": id_}} for id_ in dict.fromkeys(ids)]


def _item(event: Event) -> dict[str, Any]:
    item = {
        "event_id": {"S": event.id},
        "occurred_at": {"S": event.occurred_at},
        "event": {"S": encode(event).decode()},
    }
    # Without a subject the event is in no one's timeline: an index key cannot be empty.
    return item | ({"subject": {"S": event.subject}} if event.subject else {})
