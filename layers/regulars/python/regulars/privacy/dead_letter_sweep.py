"""Remove dead letters that name an erased person: in the event that a function gave up, or in its error."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from regulars.privacy.named_subjects import SubjectFinder
from regulars.store.message_queues import Message, MessageQueues

CLAIM_SECONDS = 120  # longer than one pass reads a queue


class DeadLetterSweep:
    """All dead-letter queues of a deployment, by their URLs. A letter that is redriven meanwhile is not seen."""

    def __init__(self, urls: Sequence[str], queues: MessageQueues | None = None) -> None:
        self._urls = urls
        self._queues = queues or MessageQueues()

    def remove_people(self, finder: SubjectFinder) -> Counter[str]:
        """Remove the letters that name an erased person, and put the others back."""
        with ThreadPoolExecutor() as pool:
            messages = list(pool.map(self._claim_messages, self._urls))
        return Counter(
            dead_letters=sum(
                self._sweep_queue(url, of_queue, finder)
                for url, of_queue in zip(self._urls, messages, strict=True)
            )
        )

    def _claim_messages(self, url: str) -> list[Message]:
        return self._queues.claim_messages(url, CLAIM_SECONDS)

    def _sweep_queue(self, url: str, messages: Sequence[Message], finder: SubjectFinder) -> int:
        named = {message["ReceiptHandle"] for message in messages if _is_named(message, finder)}
        for receipt in named:
            self._queues.delete_message(url, receipt)
        receipts = (message["ReceiptHandle"] for message in messages)
        self._queues.release_messages(url, (one for one in receipts if one not in named))
        return len(named)


def _is_named(message: Message, finder: SubjectFinder) -> bool:
    attributes = msgspec.json.encode(message.get("MessageAttributes", {}))
    return finder.is_named_in(message["Body"].encode()) or finder.is_named_in(attributes)
