"""Read the changes in a batch of the ledger's DynamoDB stream."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from regulars.domain.events import Event, decode_event
from regulars.domain.isolation import Failure, isolate
from regulars.domain.stream_changes import ChangeBatch, EventChange, UnreadableRecord

_UNREADABLE_KINDS = (KeyError, TypeError, msgspec.ValidationError, msgspec.DecodeError)


def read_changes(event: dict[str, Any]) -> ChangeBatch:
    """Return the changes in a batch of DynamoDB stream records with new and old images.

    Removals are left out, and so are rewrites that change nothing but the times of arrival.
    """
    changes, failures = isolate(event["Records"], _read_record, _UNREADABLE_KINDS)
    return ChangeBatch(tuple(changes), tuple(map(_to_unreadable, failures)))


def _read_record(record: dict[str, Any]) -> Iterator[EventChange]:
    if record["eventName"] == "REMOVE":
        return
    images = record["dynamodb"]
    # Only one attribute matters, so none of the others is deserialised.
    event = decode_event(images["NewImage"]["event"]["S"])
    before = decode_event(images["OldImage"]["event"]["S"]) if "OldImage" in images else None
    if before is None or _without_arrival(before) != _without_arrival(event):
        yield EventChange(event, before)


def _without_arrival(event: Event) -> Event:
    """Return the event without the times that differ each time the same event is sent."""
    return msgspec.structs.replace(event, received_at="", sent_at="")


def _to_unreadable(failure: Failure[dict[str, Any], Exception]) -> UnreadableRecord:
    reason = f"This stream record holds no event: {type(failure.error).__name__}."
    return UnreadableRecord(reason, json.dumps(failure.item, default=repr).encode())
