"""The data of one person: the parts that fit in memory, and the events, which are read while they are written out."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

FORMAT_NAME = "regulars/person/1"


class Disclosure(msgspec.Struct, frozen=True):
    """Everything held about a person; `parts` is JSON, each call of `list_events` reads the events again."""

    profile_id: str
    parts: dict[str, Any]
    list_events: Callable[[], Iterator[dict[str, Any]]]


def encode_document(disclosure: Disclosure) -> Iterator[str]:
    """Yield the parts of a JSON document with everything; its last member is `events`."""
    head = {"format": FORMAT_NAME, "profile_id": disclosure.profile_id, **disclosure.parts}
    yield f'{_encode_json(head)[:-1]},"events":['
    separator = "\n"
    for event in disclosure.list_events():
        yield f"{separator}{_encode_json(event)}"
        separator = ",\n"
    yield "\n]}\n"


def _encode_json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
