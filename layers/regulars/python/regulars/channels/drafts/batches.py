"""Translate deliveries of many items, so that an invalid item does not affect the others."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from regulars.channels.contract import Draft, PartlyInvalidError
from regulars.domain.errors import InvalidEventError, UntranslatableError
from regulars.domain.isolation import Failure, convert_bugs, isolate

type Item = dict[str, Any]


def each(items: Iterable[object], translate: Callable[[Item], list[Draft]]) -> list[Draft]:
    """Return the drafts of all items.

    Raise PartlyInvalidError, with the drafts of the good items, when some were invalid or met a bug; raise an item's
    own error when all were. A bug is reported before invalid items, else the first error.
    """
    objects = (item if isinstance(item, dict) else {} for item in items)
    drafts, failures = isolate(objects, convert_bugs(translate), InvalidEventError)
    if not failures:
        return drafts
    error = _worst_error(failures)
    if drafts:
        raise PartlyInvalidError(error, drafts) from error
    raise error


def _worst_error(failures: Sequence[Failure[Item, InvalidEventError]]) -> InvalidEventError:
    """Return the first bug, else the first error."""
    errors = [failure.error for failure in failures]
    return next((error for error in errors if isinstance(error, UntranslatableError)), errors[0])
