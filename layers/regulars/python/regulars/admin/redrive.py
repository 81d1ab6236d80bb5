"""Lists the dead letters with their events, and gives them to their functions again."""

from collections.abc import Iterable
from typing import Any

import msgspec

from regulars.admin.dead_letters import DeadLetter, DeadLetterQueues, StreamBatch
from regulars.admin.function_calls import FunctionInvoker
from regulars.admin.lost_records import LedgerStream, LostRecordStores, list_event_ids
from regulars.admin.progress import OnProgress, discard_progress
from regulars.domain.texts import format_count


class DeadLetterSelection(msgspec.Struct, frozen=True):
    """Which dead letters: of a function, and with one of the ids of a letter, an event or an object; empty for all."""

    function: str = ""
    ids: tuple[str, ...] = ()


def list_dead_letters(queues: DeadLetterQueues, stream: LedgerStream) -> list[DeadLetter]:
    """Return all dead letters, oldest first; those of a stream name their events while the stream holds them."""
    letters = queues.claim()
    queues.release(letters)
    return [_with_event_ids(letter, stream) for letter in letters]


def redrive_dead_letters(
    queues: DeadLetterQueues,
    stores: LostRecordStores,
    invoker: FunctionInvoker,
    selection: DeadLetterSelection,
    on_progress: OnProgress[int] = discard_progress,
) -> dict[str, str]:
    """Give the selected dead letters to their functions again; one that fails stops no other.

    Return, by the id of the letter, why its function failed again, or '' when it succeeded and the letter is deleted.
    `on_progress` is called with the number of letters that were given.
    """
    failures: dict[str, str] = {}
    letters = queues.claim()
    try:
        for letter in _select_letters(letters, selection, stores.stream):
            failures[letter.id] = _redrive_letter(queues, stores, invoker, letter)
            on_progress(len(failures))
    finally:
        queues.release(letter for letter in letters if failures.get(letter.id) != "")
    return failures


def _select_letters(
    letters: Iterable[DeadLetter], selection: DeadLetterSelection, stream: LedgerStream
) -> list[DeadLetter]:
    of_function = [letter for letter in letters if selection.function in {"", letter.function}]
    if not selection.ids:
        return of_function
    named = (_with_event_ids(letter, stream) for letter in of_function)
    return [letter for letter in named if _has_id_of(letter, selection.ids)]


def _has_id_of(letter: DeadLetter, ids: Iterable[str]) -> bool:
    return any(letter.id.startswith(id_) or id_ in letter.about for id_ in ids)


def _with_event_ids(letter: DeadLetter, stream: LedgerStream) -> DeadLetter:
    if letter.batch is None:
        return letter
    ids = list_event_ids(stream.read_batch(letter.batch))
    about = ids or (format_count(letter.batch.batch_size, "event that the stream holds no more"),)
    return msgspec.structs.replace(letter, about=about)


def _redrive_letter(
    queues: DeadLetterQueues, stores: LostRecordStores, invoker: FunctionInvoker, letter: DeadLetter
) -> str:
    """Return why the function failed again; '' when it succeeded and the letter is deleted."""
    try:
        if letter.batch:
            failure = _redrive_batch(stores, invoker, letter.function, letter.batch)
        else:
            failure = _call_function(invoker, letter.function, letter.event)
        if not failure:
            queues.delete(letter)
    except Exception as error:  # noqa: BLE001 (one that fails stops no other)
        return str(error) or type(error).__name__
    return failure


def _redrive_batch(
    stores: LostRecordStores, invoker: FunctionInvoker, function: str, batch: StreamBatch
) -> str:
    """Give the records of the batch again, or all that the store lacks by now: stored events change nothing."""
    records = stores.stream.read_batch(batch)
    portions = iter([records]) if records else stores.find_missing(function)
    for portion in portions:
        if failure := _call_function(invoker, function, {"Records": portion}):
            return failure
    return ""


def _call_function(invoker: FunctionInvoker, function: str, event: Any) -> str:
    """Return the error of the function, '' for none."""
    invocation = invoker.invoke(function, event)
    if not invocation.error:
        return ""
    payload = invocation.payload if isinstance(invocation.payload, dict) else {}
    reasons = (str(payload.get("errorType", "")), str(payload.get("errorMessage", "")))
    return ": ".join(filter(None, reasons)) or invocation.error
