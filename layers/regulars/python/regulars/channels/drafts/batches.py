"""Translate deliveries of many items, so that an invalid item does not affect the others."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from regulars.channels.contract import Draft, PartlyInvalidError
from regulars.domain.errors import InvalidEventError, UntranslatableError
from regulars.domain.isolation import Failure, convert_bugs, isolate

type DeliveryItem = dict[str, Any]


def translate_items(
    items: Iterable[object], translate_item: Callable[[DeliveryItem], list[Draft]]
) -> list[Draft]:
    """Return the drafts of all items.

    Raise PartlyInvalidError, with the drafts of the valid items, if some items were invalid or met a bug; raise the
    error of an item if all were. A bug takes precedence over the first invalid item.
    """
    objects = (item if isinstance(item, dict) else {} for item in items)
    drafts, failures = isolate(objects, convert_bugs(translate_item), InvalidEventError)
    if not failures:
        return drafts
    error = _select_error(failures)
    if drafts:
        raise PartlyInvalidError(error, drafts) from error
    raise error


def _select_error(
    failures: Sequence[Failure[DeliveryItem, InvalidEventError]],
) -> InvalidEventError:
    """Return the first bug, or the first error if there is none."""
    errors = [failure.error for failure in failures]
    return next((error for error in errors if isinstance(error, UntranslatableError)), errors[0])
