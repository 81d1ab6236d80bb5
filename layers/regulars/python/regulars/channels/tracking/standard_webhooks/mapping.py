"""Read the body of a delivery by the mapping in the config of the source."""

from datetime import datetime
from typing import Any

from regulars.channels.contract import Request, UnknownTopicError
from regulars.channels.fields.event_times import format_first_time, from_epoch, parse_time
from regulars.channels.fields.json_values import as_object, read_config_object
from regulars.channels.fields.redaction import clean_text, redact_properties

CHANNEL_NAME = "standard-webhooks"
# The words of event types that need no mapping: an object and what happened to it.
_TOPIC_OBJECTS = {
    "contact": "Customer",
    "user": "Customer",
    "customer": "Customer",
    "order": "Order",
} | {
    name: name.capitalize()
    for name in ("product", "checkout", "cart", "payment", "invoice", "subscription", "booking")
}
_TOPIC_VERBS = {"created", "updated", "deleted", "completed", "cancelled", "refunded", "fulfilled"} | {
    "started", "abandoned", "succeeded", "failed", "paid", "ended", "rescheduled", "viewed", "added",
}  # fmt: skip


def event_type(request: Request, topic: object) -> str:
    """Return the event name of a topic; raise UnknownTopicError if it has none."""
    text = topic if isinstance(topic, str) else ""
    mapped = read_config_object(request.config, "events").get(text)
    if isinstance(mapped, str) and mapped:
        return clean_text(mapped)
    noun, _, verb = text.partition(".")
    if noun in _TOPIC_OBJECTS and verb in _TOPIC_VERBS:
        return f"{_TOPIC_OBJECTS[noun]} {verb.capitalize()}"
    raise UnknownTopicError


def event_time(request: Request, body: dict[str, Any]) -> datetime:
    """Return when the event happened; without a time in the body, when the delivery was received."""
    time = read_field(request, body, "occurred_at") or body.get("timestamp")
    if isinstance(time, int | float):
        return from_epoch(time)
    return parse_time(format_first_time(time)) if time else request.received_at


def read_properties(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that the mapping names, without personal ones."""
    paths = read_config_object(request.config, "properties")
    values = {str(name): _read_path(body, path) for name, path in paths.items()}
    return redact_properties({name: value for name, value in values.items() if value is not None})


def read_field(request: Request, body: dict[str, Any], name: str) -> Any:
    """Return the value of a field at its mapped path, by default below data; None if there is none."""
    return _read_path(body, read_config_object(request.config, "fields").get(name, f"data.{name}"))


def _read_path(body: dict[str, Any], path: object) -> Any:
    """Return the value at a path such as data.member.email; None if there is none."""
    value: Any = body
    for name in str(path).split("."):
        value = as_object(value).get(name)
    return value
