"""Read all messages of dead-letter queues, and release or delete them."""

from collections.abc import Iterable
from itertools import batched
from typing import TYPE_CHECKING, Any

from regulars.store import clients

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_BATCH_MESSAGES = 10  # of SQS
WAIT_SECONDS = 1  # without waiting, not every server of a queue is asked
ALL_ATTRIBUTES: Any = ["All"]
MESSAGE_COUNT: Any = "ApproximateNumberOfMessages"

type Message = dict[str, Any]  # as SQS returns it


class MessageQueues:
    """The queues of one account, by URL."""

    def __init__(self, client: "SQSClient | None" = None, wait_seconds: int = WAIT_SECONDS) -> None:
        self._client = client or clients.create_sqs_client()
        self._wait_seconds = wait_seconds

    def count_messages(self, url: str) -> int:
        """Return the approximate number of messages."""
        attributes = self._client.get_queue_attributes(
            QueueUrl=url, AttributeNames=[MESSAGE_COUNT]
        )["Attributes"]
        return int(attributes[MESSAGE_COUNT])

    def claim_messages(self, url: str, seconds: int) -> list[Message]:
        """Return all messages, and hide them from others for some seconds or until they are released."""
        messages: dict[str, Message] = {}
        while page := self._client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=MAX_BATCH_MESSAGES,
            VisibilityTimeout=seconds,
            WaitTimeSeconds=self._wait_seconds,
            MessageAttributeNames=ALL_ATTRIBUTES,
            MessageSystemAttributeNames=ALL_ATTRIBUTES,
        ).get("Messages"):
            messages |= {message["MessageId"]: dict(message) for message in page}
        return list(messages.values())

    def release_messages(self, url: str, receipts: Iterable[str]) -> None:
        """Show claimed messages to others again."""
        for batch in batched(receipts, MAX_BATCH_MESSAGES, strict=False):
            entries: Any = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(batch)
            ]
            self._client.change_message_visibility_batch(QueueUrl=url, Entries=entries)

    def delete_message(self, url: str, receipt: str) -> None:
        """Delete a claimed message."""
        self._client.delete_message(QueueUrl=url, ReceiptHandle=receipt)
