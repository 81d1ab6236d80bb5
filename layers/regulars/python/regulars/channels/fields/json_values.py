"""Read JSON of unknown shape, and treat a value of the wrong type as absent."""

from collections.abc import Iterable
from typing import Any

import msgspec

from regulars.domain.errors import InvalidRequestError


class ObjectReader:
    """Reads JSON objects of which only some fields matter: the others, most of a large body, are never built."""

    def __init__(self, fields: Iterable[str]) -> None:
        shape = msgspec.defstruct("Fields", [(name, Any, None) for name in sorted({*fields})])
        self._decoder = msgspec.json.Decoder(shape)

    def read(self, body: bytes) -> dict[str, Any]:
        """The fields of a body, None for an absent one; InvalidRequestError(invalid_json) for what is no object."""
        try:
            return msgspec.structs.asdict(self._decoder.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise InvalidRequestError("The body is not a JSON object.", "invalid_json") from None


def read_json(body: bytes | str) -> Any:
    """What a body says, whatever its shape; InvalidRequestError(invalid_json) when it is no JSON."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise InvalidRequestError("The body is not JSON.", "invalid_json") from None


def an_object(value: object) -> dict[str, Any]:
    """`value` when it is an object, an empty one otherwise."""
    return value if isinstance(value, dict) else {}


def set_up(config: dict[str, Any], name: str) -> dict[str, Any]:
    """An object of a source's config, which may be written as JSON; an empty one when it is not there or is none."""
    told = config.get(name)
    if not isinstance(told, str):
        return an_object(told)
    try:
        return an_object(read_json(told))
    except InvalidRequestError:
        return {}


def a_list(value: object) -> list[Any]:
    """`value` when it is a list, an empty one otherwise."""
    return value if isinstance(value, list) else []


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [each for each in a_list(value) if isinstance(each, dict)]
