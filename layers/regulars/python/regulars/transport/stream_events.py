"""The ledger's stream: what was written to it, and what in a batch cannot be read."""

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from regulars.domain.events import Event, decode_event


class Change(msgspec.Struct, frozen=True):
    """An event that was stored; `before` is what it replaced, when it did."""

    event: Event
    before: Event | None = None


class Unreadable(msgspec.Struct, frozen=True):
    """A record that holds no event, and why."""

    reason: str
    raw: bytes


class Batch(msgspec.Struct, frozen=True):
    """All that one invocation was given."""

    changes: tuple[Change, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


def changes(event: dict[str, Any]) -> Batch:
    """The changes in a batch of DynamoDB stream records with new and old images.

    Removals are left out, and so is a rewrite that says nothing new.
    """
    read: list[Change] = []
    unreadable: list[Unreadable] = []
    for record in event["Records"]:
        try:
            read.extend(_changed(record))
        except (KeyError, TypeError, msgspec.ValidationError, msgspec.DecodeError) as error:
            reason = f"This stream record holds no event: {type(error).__name__}."
            unreadable.append(Unreadable(reason, json.dumps(record, default=repr).encode()))
    return Batch(tuple(read), tuple(unreadable))


def _changed(record: dict[str, Any]) -> Iterable[Change]:
    if record["eventName"] == "REMOVE":
        return
    images = record["dynamodb"]
    # Only one attribute matters, so none of the others is deserialised.
    event = decode_event(images["NewImage"]["event"]["S"])
    before = decode_event(images["OldImage"]["event"]["S"]) if "OldImage" in images else None
    if before is None or _said(before) != _said(event):
        yield Change(event, before)


def _said(event: Event) -> Event:
    """The event without the times that differ each time the same is told."""
    return msgspec.structs.replace(event, received_at="", sent_at="")
