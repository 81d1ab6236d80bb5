"""Recognize the events by which a provider passes on that a person requests its data, or its erasure."""

from enum import StrEnum

from regulars.domain.events import Event


class RequestKind(StrEnum):
    """What a person requests."""

    ACCESS = "access"
    ERASURE = "erasure"


_KINDS_BY_TYPE = {
    "Customer Data Requested": RequestKind.ACCESS,
    "Customer Deletion Requested": RequestKind.ERASURE,
}


# Version 0.1 recorded Shopify's request for data under the type of the other one.
_FORMER_ACCESS_TOPIC = "customers/data_request"


def read_request_kind(event: Event) -> str:
    """Return what an event requests, '' for nothing; a test requests nothing."""
    kind = "" if event.test else _KINDS_BY_TYPE.get(event.type, "")
    if kind and event.properties.get("request") == _FORMER_ACCESS_TOPIC:
        return RequestKind.ACCESS
    return kind
