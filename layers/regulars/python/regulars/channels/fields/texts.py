"""Read the short texts of a provider's resource: ids, states and traits."""

from collections.abc import Mapping
from typing import Any

from regulars.channels.fields.redaction import clean_text
from regulars.domain.errors import InvalidEventError

MAX_TRAIT_CHARACTERS = 16


def select_texts(resource: Mapping[str, Any], *names: str) -> dict[str, str]:
    """Return the cleaned texts of these fields, without the empty ones."""
    texts = {name: clean_text(resource.get(name)) for name in names}
    return {name: text for name, text in texts.items() if text}


def build_traits(**values: object) -> dict[str, str]:
    """Return the traits that are no contact data, such as country and locale, without the empty ones."""
    texts = {name: clean_text(value)[:MAX_TRAIT_CHARACTERS] for name, value in values.items()}
    return {name: text for name, text in texts.items() if text}


def require_id(value: object, name: str) -> str:
    """Return the cleaned id of the field `name`; raise InvalidEventError(missing_id) without one."""
    text = clean_text(value)
    if not text:
        raise InvalidEventError(f"The resource has no {name}.", "missing_id")
    return text
