"""The object an S3 event from EventBridge tells of."""

from typing import Any

import msgspec

from regulars.domain.errors import InvalidRequestError


class UploadedObject(msgspec.Struct, frozen=True):
    """One object as it was when the event was made; `etag` is unquoted, the key is not URL-encoded."""

    bucket: str
    key: str
    size: int = 0
    etag: str = ""


def uploaded(event: dict[str, Any]) -> UploadedObject:
    """The object of an `Object Created` event; InvalidRequestError when the event tells of none.

    >>> uploaded(
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
