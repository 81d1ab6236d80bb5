"""Erase people: called with keyed hashes by the API, and by the update of profiles when a provider demands it."""

from functools import cache
from typing import Any

import msgspec

from regulars.privacy.erasure import Eraser
from regulars.privacy.opened_stores import open_erasure_stores
from regulars.settings import ErasePersonSettings

SETTINGS = ErasePersonSettings.from_env()


class ErasureCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload: the subjects that name the people."""

    subjects: tuple[str, ...]


@cache
def open_eraser() -> Eraser:
    """Return the eraser of this deployment; it reads the pepper."""
    return Eraser(stores=open_erasure_stores(SETTINGS))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Erase the people and return the receipt; a repetition after an error or the time limit goes on."""
    call, eraser = msgspec.convert(event, ErasureCall), open_eraser()
    receipt = eraser.finish_erasure(eraser.start_erasure(call.subjects))
    built: dict[str, Any] = msgspec.to_builtins(receipt)
    return built
