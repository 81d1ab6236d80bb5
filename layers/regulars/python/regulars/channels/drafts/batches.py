"""Translate deliveries of many items, so that an invalid item does not affect the others."""

from collections.abc import Callable, Iterable
from typing import Any

from regulars.channels.contract import Draft, PartlyInvalidError
from regulars.domain.errors import InvalidEventError, RegularsError, UntranslatableError

type Item = dict[str, Any]


def each(items: Iterable[object], translated: Callable[[Item], list[Draft]]) -> list[Draft]:
    """The drafts of all items.

    PartlyInvalidError, with the drafts of the good ones, when some were invalid or met a fault of ours; an item's own
    error when all were. A fault is told before what was invalid, else the first.
    """
    drafts: list[Draft] = []
    errors: list[InvalidEventError] = []
    for item in items:
        try:
            drafts += translated(item if isinstance(item, dict) else {})
        except InvalidEventError as error:
            errors.append(error)
        except RegularsError:
            raise
        except Exception as fault:  # noqa: BLE001 (told with its reason, and logged by who asked)
            errors.append(UntranslatableError.from_exception(fault))
    if not errors:
        return drafts
    told = next((one for one in errors if isinstance(one, UntranslatableError)), errors[0])
    if drafts:
        raise PartlyInvalidError(told, drafts) from told
    raise told
