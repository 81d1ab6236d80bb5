"""Parse the S3 events that EventBridge delivers."""

from typing import Any

import msgspec

from regulars.domain.errors import InvalidRequestError


class UploadedObject(msgspec.Struct, frozen=True):
    """One object at the time of its event; `etag` has no quotes, the key is not URL-encoded."""

    bucket: str
    key: str
    size: int = 0
    etag: str = ""


def parse_object_event(event: dict[str, Any]) -> UploadedObject:
    """Return the object of an `Object Created` event; raise InvalidRequestError for another event.

    >>> parse_object_event(
    ...     {"detail": {"bucket": {"name": "b"}, "object": {"key": "imports/a b.csv", "size": 3}}}
    ... ).key
    'imports/a b.csv'
    """
    try:
        return msgspec.convert(
            event["detail"]["object"] | {"bucket": event["detail"]["bucket"]["name"]},
            UploadedObject,
        )
    except (KeyError, TypeError, msgspec.ValidationError):
        raise InvalidRequestError(
            "This is no S3 event of EventBridge.", "not_an_object_event"
        ) from None
