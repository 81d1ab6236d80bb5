"""Reads the dead-letter queues: which function gave up which event or stream batch, when and why."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import msgspec

from regulars.admin.deployment import Deployment
from regulars.store.message_queues import Message, MessageQueues

CLAIM_SECONDS = 3600  # a redriven training may take a quarter of it
ARN_NAME_INDEX = 6  # of the parts of a function's ARN


class StreamBatch(msgspec.Struct, frozen=True, rename="camel"):
    """The position of a batch in a stream. Lambda does not include the records."""

    stream_arn: str
    shard_id: str
    start_sequence_number: str
    end_sequence_number: str
    batch_size: int = 0


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a dead-letter queue: the `event` that the function was called with, or the `batch` of a stream.

    `at` is when the function gave up, `why` its error, `about` the objects or events. `queue` and `receipt` are what
    SQS needs to release or delete the message.
    """

    id: str
    function: str
    at: str
    why: str
    about: tuple[str, ...] = ()
    event: dict[str, Any] | None = None
    batch: StreamBatch | None = None
    queue: str = ""
    receipt: str = ""


class DeadLetterQueues:
    """The dead-letter queues of one deployment."""

    def __init__(self, deployment: Deployment, messages: MessageQueues | None = None) -> None:
        self._queues = deployment.queues
        self._functions = {physical: name for name, physical in deployment.functions.items()}
        self._messages = messages or MessageQueues()

    def count(self) -> dict[str, int]:
        """Return the approximate number of messages by function."""
        return {name: self.count_of(name) for name in sorted(self._queues)}

    def count_of(self, function: str) -> int:
        """Return the approximate number of messages of one function; 0 when it has no queue."""
        url = self._queues.get(function)
        return self._messages.count_messages(url) if url else 0

    def claim(self) -> list[DeadLetter]:
        """Return all dead letters, oldest first, and hide them from others for an hour or until they are released."""
        with ThreadPoolExecutor() as pool:
            messages = list(pool.map(self._claim_messages, self._queues.values()))
        letters = [
            self._to_dead_letter(message, name, url)
            for (name, url), of_queue in zip(self._queues.items(), messages, strict=True)
            for message in of_queue
        ]
        return sorted(letters, key=lambda letter: (letter.at, letter.id))

    def release(self, letters: Iterable[DeadLetter]) -> None:
        """Put claimed dead letters back into their queues."""
        by_queue: dict[str, list[str]] = {}
        for letter in letters:
            by_queue.setdefault(letter.queue, []).append(letter.receipt)
        for url, receipts in by_queue.items():
            self._messages.release_messages(url, receipts)

    def delete(self, letter: DeadLetter) -> None:
        """Delete a claimed dead letter."""
        self._messages.delete_message(letter.queue, letter.receipt)

    def _claim_messages(self, url: str) -> list[Message]:
        return self._messages.claim_messages(url, CLAIM_SECONDS)

    def _to_dead_letter(self, message: dict[str, Any], queue: str, url: str) -> DeadLetter:
        body, attributes = _parse_object(message["Body"]), _read_text_attributes(message)
        letter = DeadLetter(
            id=message["MessageId"],
            function=self._find_function(body, attributes) or queue,
            at=body.get("timestamp") or _read_sent_time(message),
            why=_describe_error(body, attributes),
            queue=url,
            receipt=message["ReceiptHandle"],
        )
        if "DDBStreamBatchInfo" in body:
            batch = msgspec.convert(body["DDBStreamBatchInfo"], StreamBatch)
            return msgspec.structs.replace(letter, batch=batch)
        # The message of a rule is the event itself, the one of a function holds it in its request.
        event = _read_object(body, "requestPayload") if "requestContext" in body else body
        return msgspec.structs.replace(letter, event=event, about=_describe_event(event))

    def _find_function(self, body: dict[str, Any], attributes: Mapping[str, str]) -> str:
        """Return the folder name of the function, else its physical name, '' when the message names none."""
        arn = _read_object(body, "requestContext").get("functionArn")
        parts = str(arn or attributes.get("TARGET_ARN", "")).split(":")
        physical = parts[ARN_NAME_INDEX] if len(parts) > ARN_NAME_INDEX else ""
        return self._functions.get(physical, physical)


def _parse_object(text: str) -> dict[str, Any]:
    """Return a JSON object, {} for anything else."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _read_text_attributes(message: Mapping[str, Any]) -> dict[str, str]:
    attributes = message.get("MessageAttributes", {})
    return {name: value.get("StringValue", "") for name, value in attributes.items()}


def _describe_error(body: dict[str, Any], attributes: Mapping[str, str]) -> str:
    """Return the error of the function, or why it was not called."""
    response = _read_object(body, "responsePayload")
    reasons = (
        attributes.get("ERROR_CODE", ""),
        attributes.get("ERROR_MESSAGE", "") or attributes.get("EXHAUSTED_RETRY_CONDITION", ""),
        _read_object(body, "requestContext").get("condition", ""),
        response.get("errorType", ""),
        response.get("errorMessage", ""),
    )
    return ": ".join(reason for reason in reasons if reason) or "unknown"


def _describe_event(event: dict[str, Any]) -> tuple[str, ...]:
    """Return the object of an event, else its kind."""
    key = _read_object(_read_object(event, "detail"), "object").get("key")
    name = key or event.get("detail-type")
    return (str(name),) if name else ()


def _read_object(body: dict[str, Any], name: str) -> dict[str, Any]:
    field = body.get(name)
    return field if isinstance(field, dict) else {}


def _read_sent_time(message: dict[str, Any]) -> str:
    milliseconds = int(message.get("Attributes", {}).get("SentTimestamp", 0))
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
