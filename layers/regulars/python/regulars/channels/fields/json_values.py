"""Read JSON of unknown shape, and treat a value of the wrong type as absent."""

from collections.abc import Iterable
from typing import Any

import msgspec

from regulars.domain.errors import InvalidRequestError


class ObjectReader:
    """Reads some fields of JSON objects; the other fields, most of a large body, are never built."""

    def __init__(self, fields: Iterable[str]) -> None:
        shape = msgspec.defstruct("Fields", [(name, Any, None) for name in sorted({*fields})])
        self._decoder = msgspec.json.Decoder(shape)

    def read(self, body: bytes) -> dict[str, Any]:
        """Return the fields of a body, None for an absent one; raise InvalidRequestError(invalid_json) for no object."""
        try:
            return msgspec.structs.asdict(self._decoder.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise InvalidRequestError("The body is not a JSON object.", "invalid_json") from None


def parse_json(body: bytes | str) -> Any:
    """Return the value of a JSON body of any shape; raise InvalidRequestError(invalid_json) for anything else."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise InvalidRequestError("The body is not JSON.", "invalid_json") from None


def as_object(value: object) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def read_config_object(config: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object of a source's config, which may be a text of JSON; an empty one if it is absent or no object."""
    value = config.get(name)
    if not isinstance(value, str):
        return as_object(value)
    try:
        return as_object(parse_json(value))
    except InvalidRequestError:
        return {}


def as_list(value: object) -> list[Any]:
    """Return `value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def list_objects(value: object) -> list[dict[str, Any]]:
    """Return the objects in a list, without its other values; an empty list if `value` is no list."""
    return [element for element in as_list(value) if isinstance(element, dict)]
