"""Record and read events in the ledger: every event once, under an id made of its content; the first write wins."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.events import Event, decode_event, encode_event
from regulars.domain.privacy_requests import read_request_kind
from regulars.store import schema
from regulars.store.batches import delete_items, read_items, write_items
from regulars.store.clients import create_dynamodb_client
from regulars.store.transactions import await_transactions, put_together

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TIMELINE_INDEX, REQUESTS_INDEX = schema.EVENTS.indexes


class RecordedEvents(msgspec.Struct, frozen=True):
    """The ids of the events that a call wrote, and of those that were stored before; each in the order given."""

    new: tuple[str, ...] = ()
    known: tuple[str, ...] = ()


class Ledger:
    """The EVENTS table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()

    def record_events(self, events: Sequence[Event]) -> RecordedEvents:
        """Store the events that are not stored yet; when this returns, every event is durable.

        Raise StoreBusyError or botocore's ClientError when an event could not be written; a repeated call is safe.
        """
        unique = {event.id: event for event in reversed(events)}
        if len(unique) == 1:
            return self._record_single_event(events[0])
        known_ids = self._find_known_ids(tuple(unique))
        ids = tuple(dict.fromkeys(event.id for event in events))
        new_ids = tuple(event_id for event_id in ids if event_id not in known_ids)
        write_items(self._client, self._table, [_event_item(unique[id_]) for id_ in new_ids])
        return RecordedEvents(new_ids, tuple(id_ for id_ in ids if id_ in known_ids))

    def record_beside(self, event: Event, puts: Sequence[dict[str, Any]]) -> bool:
        """Store one event together with items of other tables, in one transaction; `puts` are arguments of PutItem.

        Return False, with nothing written, when the event is stored already or the condition of a put is not met.
        """
        return put_together(self._client, [*puts, self._build_put(event)])

    def read_events(self, ids: Sequence[str]) -> list[Event]:
        """Return the events with these ids that exist, strongly consistent, in the order of the ids."""
        items = read_items(self._client, self._table, _event_keys(ids), ConsistentRead=True)
        events = {item["event_id"]["S"]: decode_event(item["event"]["S"]) for item in items}
        return [events[event_id] for event_id in dict.fromkeys(ids) if event_id in events]

    def replace_event(self, before: Event, after: Event) -> bool:
        """Store an event over the one that was read; return False when it is gone or was rewritten meanwhile."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_event_item(after),
                ConditionExpression="event = :before",
                ExpressionAttributeValues={":before": {"S": encode_event(before).decode()}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def delete_events(self, ids: Sequence[str]) -> None:
        """Delete the events with these ids; raise StoreBusyError."""
        delete_items(self._client, self._table, _event_keys(ids))

    def list_event_ids(self, subject: str) -> list[str]:
        """Return the ids of a subject's events, oldest first; the index may not show a fresh write yet."""
        return [item["event_id"]["S"] for item in self._query_timeline(subject)]

    def list_timeline(self, subjects: Iterable[str]) -> list[str]:
        """Return the ids of the events of several subjects, each once, oldest first; the index may lag."""
        times = {
            item["event_id"]["S"]: item["occurred_at"]["S"]
            for subject in dict.fromkeys(subjects)
            for item in self._query_timeline(subject)
        }
        return sorted(times, key=lambda event_id: (times[event_id], event_id))

    def list_recent_event_ids(self, subject: str, since: str, max_events: int) -> list[str]:
        """Return the ids of a subject's newest events since a time, newest first; the index may lag."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=TIMELINE_INDEX.name,
            KeyConditionExpression="subject = :subject AND occurred_at >= :since",
            ExpressionAttributeValues={":subject": {"S": subject}, ":since": {"S": since}},
            ScanIndexForward=False,
            PaginationConfig={"MaxItems": max_events, "PageSize": max_events},
        )
        return [item["event_id"]["S"] for page in pages for item in page["Items"]]

    def list_privacy_request_ids(self, kind: str) -> list[str]:
        """Return the ids of the events that request `access` or `erasure`, oldest first; the index may lag."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=REQUESTS_INDEX.name,
            KeyConditionExpression="privacy_request = :kind",
            ExpressionAttributeValues={":kind": {"S": kind}},
        )
        return [item["event_id"]["S"] for page in pages for item in page["Items"]]

    def _query_timeline(self, subject: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=TIMELINE_INDEX.name,
            KeyConditionExpression="subject = :subject",
            ExpressionAttributeValues={":subject": {"S": subject}},
        )
        return (item for page in pages for item in page["Items"])

    def _record_single_event(self, event: Event) -> RecordedEvents:
        put = self._build_put(event)
        try:
            await_transactions(self._client, lambda: self._client.put_item(**put))
        except self._client.exceptions.ConditionalCheckFailedException:
            return RecordedEvents(known=(event.id,))
        return RecordedEvents(new=(event.id,))

    def _build_put(self, event: Event) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": _event_item(event),
            "ConditionExpression": "attribute_not_exists(event_id)",
        }

    def _find_known_ids(self, ids: Sequence[str]) -> frozenset[str]:
        items = read_items(
            self._client, self._table, _event_keys(ids), ProjectionExpression="event_id"
        )
        return frozenset(item["event_id"]["S"] for item in items)


def _event_keys(ids: Sequence[str]) -> list[dict[str, Any]]:
    return [{"event_id": {"S": event_id}} for event_id in dict.fromkeys(ids)]


def _event_item(event: Event) -> dict[str, Any]:
    item = {
        "event_id": {"S": event.id},
        "occurred_at": {"S": event.occurred_at},
        "event": {"S": encode_event(event).decode()},
    }
    # An index key cannot be empty: an event without a subject is in no timeline.
    keys = {"subject": event.subject, "privacy_request": read_request_kind(event)}
    return item | {name: {"S": key} for name, key in keys.items() if key}
