"""Translate deliveries of many items, so that an invalid item does not affect the others."""

from collections.abc import Callable, Iterable
from typing import Any

from regulars.channels.contract import Draft, PartlyInvalidError
from regulars.domain.errors import InvalidEventError, RegularsError, UntranslatableError

type DeliveryItem = dict[str, Any]


def translate_items(
    items: Iterable[object], translate_item: Callable[[DeliveryItem], list[Draft]]
) -> list[Draft]:
    """Return the drafts of all items.

    Raise PartlyInvalidError, with the drafts of the valid items, if some items were invalid or a translator failed on
    them; raise the error of an item if all were. A failed translator takes precedence over the first invalid item.
    """
    drafts: list[Draft] = []
    errors: list[InvalidEventError] = []
    for item in items:
        try:
            drafts += translate_item(item if isinstance(item, dict) else {})
        except InvalidEventError as error:
            errors.append(error)
        except RegularsError:
            raise
        except Exception as error:  # noqa: BLE001 (the caller logs it, and stores its reason)
            errors.append(UntranslatableError.from_exception(error))
    if not errors:
        return drafts
    failures = (error for error in errors if isinstance(error, UntranslatableError))
    main_error = next(failures, errors[0])
    if drafts:
        raise PartlyInvalidError(main_error, drafts) from main_error
    raise main_error
