"""Records of the ledger's stream, as DynamoDB sends them."""

from typing import Any

from regulars.domain.events import Event, encode_event


def stream(*records: dict[str, Any]) -> dict[str, Any]:
    """One invocation's event."""
    return {"Records": list(records)}


def inserted(event: Event) -> dict[str, Any]:
    """The record of an event stored for the first time."""
    return record("INSERT", NewImage=image(event))


def modified(before: Event, after: Event) -> dict[str, Any]:
    """The record of an event stored over another."""
    return record("MODIFY", OldImage=image(before), NewImage=image(after))


def record(name: str, **images: dict[str, Any]) -> dict[str, Any]:
    """A record with any images."""
    return {
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {"SequenceNumber": "111", "StreamViewType": "NEW_AND_OLD_IMAGES", **images},
    }


def image(event: Event) -> dict[str, Any]:
    """The ledger's item of an event, as a stream shows it."""
    item = {"event_id": {"S": event.id}, "occurred_at": {"S": event.occurred_at}}
    return item | {"subject": {"S": event.subject}, "event": {"S": encode_event(event).decode()}}
