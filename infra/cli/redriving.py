"""Gives a function again what it gave up, or the stream's use case what it set aside, and says what became of it."""

from typing import Any

from infra.cli import given_up, letters
from infra.cli.invoke import invoked
from infra.cli.letters import Letter, StreamBatch
from infra.cli.stack import Stack


def redriven(deployed: Stack, letter: Letter) -> str:
    """'' when the function did well, and the letter is thrown away; else why not. One that fails stops no other."""
    try:
        if letter.batch:
            failure = _batch(deployed, letter, letter.batch)
        else:
            failure = _called(deployed, letter.function, letter.event)
        if not failure:
            letters.delete(letter)
    except Exception as error:  # noqa: BLE001 (one that fails stops no other)
        return str(error) or type(error).__name__
    return failure


def _batch(deployed: Stack, letter: Letter, batch: StreamBatch) -> str:
    """The very records, or all that its store lacks by now: what it has already changes nothing."""
    records = given_up.records(batch)
    portions = iter([records]) if records else given_up.missing(deployed, letter.function)
    for portion in portions:
        if failure := _called(deployed, letter.function, {"Records": portion}):
            return failure
    return ""


def _called(deployed: Stack, function: str, event: Any) -> str:
    answer = invoked(deployed, function, event)
    if not answer["error"]:
        return ""
    payload = answer["payload"] if isinstance(answer["payload"], dict) else {}
    said = (str(payload.get("errorType", "")), str(payload.get("errorMessage", "")))
    return ": ".join(filter(None, said)) or str(answer["error"])
