"""Say which field of a JSON body is wrong, and what is allowed, without quoting a value of the body."""

import re
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

MAX_NAME_CHARACTERS = 40
_PATH_PATTERN = re.compile(r" - at `\$\.?(?P<field>\w*)(?P<rest>[^`]*)`$")
_NAME_PATTERN = re.compile(r"(?P<problem>unknown|missing required) field `(?P<field>[^`]*)`")
_TYPE_PATTERN = re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<actual>[^`]+)`")
_JSON_TYPES = {
    "str": "a string",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "an object",
}


def describe_mismatch(error: msgspec.ValidationError, shape: type) -> str:
    """Return one or two sentences about the first field that does not fit a struct.

    >>> Point = msgspec.defstruct("Point", [("x", int)], forbid_unknown_fields=True)
    >>> try:
    ...     msgspec.json.decode('{"x": "1"}', type=Point)
    ... except msgspec.ValidationError as error:
    ...     describe_mismatch(error, Point)
    '`x` must be a number, not a string. The fields are: x.'
    """
    names = ", ".join(field.encode_name for field in msgspec.structs.fields(shape))
    return f"{_describe_problem(str(error), shape)} The fields are: {names}."


def _describe_problem(text: str, shape: type) -> str:
    path = _PATH_PATTERN.search(text)
    field = path["field"] if path else ""
    named = _NAME_PATTERN.search(text)
    if named and named["problem"] == "unknown":
        return f"`{named['field'][:MAX_NAME_CHARACTERS]}` is no field of the body."
    if named:
        return f"`{named['field']}` is missing{_describe_choices(shape, named['field'])}."
    place = f"An item of `{field}`" if path and path["rest"] else f"`{field}`"
    subject = place if field else "The body"
    types = _TYPE_PATTERN.search(text)
    if types:
        expected, actual = _to_json_types(types["expected"]), _to_json_types(types["actual"])
        return f"{subject} must be {expected}, not {actual}."
    return f"{subject} has a value that is not allowed{_describe_choices(shape, field)}."


def _describe_choices(shape: type, field: str) -> str:
    """Return the values that a field may have, '' when it may have any of its type."""
    hint: Any = get_type_hints(shape).get(field)
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    return f"; it must be one of {', '.join(map(str, choices))}" if choices else ""


def _to_json_types(text: str) -> str:
    names = [_JSON_TYPES.get(name, name) for name in text.split(" | ")]
    return " or ".join(dict.fromkeys(names))
