"""Build records of the ledger's stream, as DynamoDB sends them."""

from typing import Any

from regulars.domain.events import Event, encode_event


def build_stream_event(*records: dict[str, Any]) -> dict[str, Any]:
    """Return the event of one invocation."""
    return {"Records": list(records)}


def build_insert_record(event: Event) -> dict[str, Any]:
    """Return the record of an event that was stored for the first time."""
    return build_record("INSERT", NewImage=build_image(event))


def build_modify_record(before: Event, after: Event) -> dict[str, Any]:
    """Return the record of an event that replaced another."""
    return build_record("MODIFY", OldImage=build_image(before), NewImage=build_image(after))


def build_record(name: str, **images: dict[str, Any]) -> dict[str, Any]:
    """Return a record with these images."""
    return {
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {"SequenceNumber": "111", "StreamViewType": "NEW_AND_OLD_IMAGES", **images},
    }


def build_image(event: Event) -> dict[str, Any]:
    """Return the ledger's item of an event, as a stream record contains it."""
    item = {"event_id": {"S": event.id}, "occurred_at": {"S": event.occurred_at}}
    return item | {"subject": {"S": event.subject}, "event": {"S": encode_event(event).decode()}}
