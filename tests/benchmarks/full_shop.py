"""A shop with tokens of people in every store, also in those that no door fills, to find what an erasure leaves."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import batched

import boto3
import pytest

from regulars.admin.dead_letters import DeadLetterQueues
from regulars.domain.events import Event, decode_event
from regulars.settings import BuildDatasetSettings
from regulars.store import schema
from regulars.store.inventory import Inventory
from regulars.store.ledger import Ledger
from regulars.store.message_queues import MessageQueues
from tests.benchmarks.local_aws import print_progress
from tests.support.aws import MotoStack
from tests.support.canary_shop import CanaryPerson, CanaryShop
from tests.support.deployment import build_deployment
from tests.support.gateway import load_handler

UPLOAD_PEOPLE = 1_000  # in one file
LATE_TIME = "2026-11-21T10:00:00.000Z"


class FullShop(CanaryShop):
    """A shop with people in every store, also in those that no door fills."""

    def __init__(self, stack: MotoStack, patch: pytest.MonkeyPatch) -> None:
        super().__init__(stack, patch)
        settings = stack.build_settings(BuildDatasetSettings)
        self._build_dataset = load_handler("build_dataset", settings, patch).handler
        self._sqs = boto3.client("sqs")
        self.queue = self._sqs.create_queue(QueueName="test-dead-letters")["QueueUrl"]
        self.deployment = build_deployment(queues={"update_profiles": self.queue})
        self.inventory = Inventory("test-events", "test-profiles", stack.dynamodb)

    def fill(self, people: Sequence[CanaryPerson]) -> None:
        """Let everybody visit and buy, be in an uploaded list and in the former table; some are refused or a dead letter."""
        for number, person in enumerate(people, 1):
            self.visit(person)
            self.order(person)
            self._store_former(person)
            print_progress("people", number, len(people))
        for person in people[::10]:
            self.send_refused(person)
            self._send_dead_letter(person)
        for number, part in enumerate(batched(people, UPLOAD_PEOPLE, strict=False)):
            self.upload(f"audience-{number}.csv", part)
        self.deliver_stream()
        self._build_dataset({"cutoff": LATE_TIME}, None)

    def list_letters(self) -> list[str]:
        """Return the bodies of all dead letters."""
        queues = DeadLetterQueues(self.deployment, MessageQueues(wait_seconds=0))
        letters = queues.claim()
        queues.release(letters)
        return [json.dumps(letter.event) for letter in letters]

    def read_everything(self) -> Iterator[tuple[str, str]]:
        """Yield what the shop yields, and the dead letters."""
        yield from super().read_everything()
        yield from (("dead letter", text) for text in self.list_letters())

    def count_datasets(self) -> int:
        """Return the number of files of datasets, old versions included."""
        return sum(key.startswith(schema.DATASETS_PREFIX) for key, _ in self.list_versions("lake"))

    def restore_lake(self, files: Mapping[str, bytes]) -> None:
        """Put files of the lake back, and record all their events past every door."""
        for key, content in files.items():
            self.aws.s3.put_object(Bucket="test-lake", Key=key, Body=content)
        Ledger("test-events", self.aws.dynamodb).record_events(list_archived_events(files))
        self.deliver_stream()

    def _store_former(self, person: CanaryPerson) -> None:
        contact = json.dumps({"email": [person.email, "2026-11-01T10:00:00.000Z"]})
        item = {"subject": {"S": person.subjects[1]}, "contact": {"S": contact}}
        self.aws.dynamodb.put_item(TableName="test-people", Item=item)

    def _send_dead_letter(self, person: CanaryPerson) -> None:
        body = {"subject": person.subjects[0], "email": person.email}
        letter = {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": body}
        self._sqs.send_message(QueueUrl=self.queue, MessageBody=json.dumps(letter))


def list_archived_events(files: Mapping[str, bytes]) -> list[Event]:
    """Return the events in files of the lake."""
    lines = (line for body in files.values() for line in gzip.decompress(body).splitlines())
    return list({event.id: event for event in map(decode_event, lines)}.values())
