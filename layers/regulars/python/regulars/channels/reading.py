"""Reading JSON that may be anything: a wrong type is an absent value, never a fault of ours."""

from typing import Any

import msgspec

from regulars.domain.errors import InvalidRequestError

_DECODER = msgspec.json.Decoder(dict[str, Any])


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; InvalidRequestError(invalid_json) for anything else."""
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidRequestError("The body is not a JSON object.", "invalid_json") from None


def an_object(value: object) -> dict[str, Any]:
    """`value` when it is an object, an empty one otherwise."""
    return value if isinstance(value, dict) else {}


def a_list(value: object) -> list[Any]:
    """`value` when it is a list, an empty one otherwise."""
    return value if isinstance(value, list) else []


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [each for each in a_list(value) if isinstance(each, dict)]
