"""Dead letters as they lie in their queues: which function gave up what, when and why, and what to give it again."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import batched
from typing import Any

import boto3
import msgspec

from infra.cli.stack import Stack

AT_ONCE = 10  # SQS's limit
HELD_SECONDS = 3600  # while it is worked on; a training may take a quarter of it
ARN_NAME = 6  # of a function's ARN, the part that names it
WAIT_SECONDS = 1  # without waiting not every server of a queue is asked
EVERYTHING: Any = ["All"]


class StreamBatch(msgspec.Struct, frozen=True, rename="camel"):
    """Records of a stream that a function gave up: only where they are, not what they say."""

    stream_arn: str
    shard_id: str
    start_sequence_number: str
    end_sequence_number: str
    batch_size: int = 0


class Letter(msgspec.Struct, frozen=True):
    """What a function could not process: its event, or for a stream where the records were.

    `about` names the objects or events; `queue` and `receipt` lead to the letter itself.
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


def held(deployed: Stack) -> list[Letter]:
    """All letters, the oldest first; nobody else sees them until they are let go or an hour has passed."""
    functions = {physical: name for name, physical in deployed.functions.items()}
    with ThreadPoolExecutor() as pool:
        messages = list(pool.map(_messages, deployed.queues.values()))
    found = [
        _letter(message, url, functions, name)
        for (name, url), some in zip(deployed.queues.items(), messages, strict=True)
        for message in some
    ]
    return sorted(found, key=lambda letter: (letter.at, letter.id))


def let_go(letters: Iterable[Letter]) -> None:
    """Put them back into their queues."""
    queues: dict[str, list[Letter]] = {}
    for letter in letters:
        queues.setdefault(letter.queue, []).append(letter)
    for url, waiting in queues.items():
        for some in batched(waiting, AT_ONCE, strict=False):
            entries: Any = [
                {"Id": str(number), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                for number, letter in enumerate(some)
            ]
            boto3.client("sqs").change_message_visibility_batch(QueueUrl=url, Entries=entries)


def delete(letter: Letter) -> None:
    """Throw away one that was dealt with."""
    boto3.client("sqs").delete_message(QueueUrl=letter.queue, ReceiptHandle=letter.receipt)


def _messages(url: str) -> list[dict[str, Any]]:
    client = boto3.client("sqs")
    found: dict[str, dict[str, Any]] = {}
    while messages := client.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=AT_ONCE,
        VisibilityTimeout=HELD_SECONDS,
        WaitTimeSeconds=WAIT_SECONDS,
        MessageAttributeNames=EVERYTHING,
        MessageSystemAttributeNames=EVERYTHING,
    ).get("Messages"):
        found |= {message["MessageId"]: dict(message) for message in messages}
    return list(found.values())


def _letter(message: dict[str, Any], url: str, functions: Mapping[str, str], queue: str) -> Letter:
    body = _object(message["Body"])
    said = {
        name: value.get("StringValue", "")
        for name, value in message.get("MessageAttributes", {}).items()
    }
    arn = _part(body, "requestContext").get("functionArn") or said.get("TARGET_ARN", "")
    physical = arn.split(":")[ARN_NAME] if arn.count(":") >= ARN_NAME else ""
    letter = Letter(
        message["MessageId"],
        functions.get(physical, physical) or queue,
        body.get("timestamp") or _sent(message),
        _why(body, said),
        queue=url,
        receipt=message["ReceiptHandle"],
    )
    if "DDBStreamBatchInfo" in body:
        batch = msgspec.convert(body["DDBStreamBatchInfo"], StreamBatch)
        return msgspec.structs.replace(letter, batch=batch)
    # What a rule could not deliver is the event itself, what a function gave up is within its record.
    event = _part(body, "requestPayload") if "requestContext" in body else body
    return msgspec.structs.replace(letter, event=event, about=_about(event))


def _object(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _why(body: dict[str, Any], said: Mapping[str, str]) -> str:
    """The function's error, or why it was not even called."""
    answer = _part(body, "responsePayload")
    reasons = (
        said.get("ERROR_CODE", ""),
        said.get("ERROR_MESSAGE", "") or str(said.get("EXHAUSTED_RETRY_CONDITION", "")),
        _part(body, "requestContext").get("condition", ""),
        answer.get("errorType", ""),
        answer.get("errorMessage", ""),
    )
    return ": ".join(reason for reason in reasons if reason) or "unknown"


def _about(event: dict[str, Any]) -> tuple[str, ...]:
    """The object an event tells of, else what kind of event it is."""
    name = _part(_part(event, "detail"), "object").get("key") or event.get("detail-type")
    return (str(name),) if name else ()


def _part(body: dict[str, Any], name: str) -> dict[str, Any]:
    part = body.get(name)
    return part if isinstance(part, dict) else {}


def _sent(message: dict[str, Any]) -> str:
    milliseconds = int(message.get("Attributes", {}).get("SentTimestamp", 0))
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
