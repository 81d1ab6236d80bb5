"""Waits until the stream has carried every event of the ledger to the profiles and to the lake."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import msgspec

from regulars.admin.archived_events import ArchivedEvents
from regulars.admin.deployment import Deployment
from regulars.admin.polling import REAL_TIME, Polling
from regulars.admin.progress import OnProgress, discard_progress
from regulars.domain.errors import RegularsError
from regulars.domain.profiles import decode_state
from regulars.store import clients, schema

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STALLED_SECONDS = 120  # without any progress
PAUSE_FACTOR = 8  # a pause lasts so many times as long as the counting before it
FOLDED_FILTER = "attribute_exists(subject) AND NOT contains(#event, :test)"
PROFILE_FILTER = "sk = :profile"


class StreamProgress(msgspec.Struct, frozen=True, kw_only=True):
    """The number of events that are folded into profiles and archived in the lake, and the numbers expected."""

    folded: int
    to_fold: int
    archived: int
    to_archive: int

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return self.folded >= self.to_fold and self.archived >= self.to_archive

    def __str__(self) -> str:
        """Return `<n> of <n> in profiles, <n> of <n> in the lake`."""
        return (
            f"{self.folded} of {self.to_fold} in profiles, "
            f"{self.archived} of {self.to_archive} in the lake"
        )


class StreamStalledError(RegularsError):
    """The stream delivers no more events although some are missing."""

    code = "stream_stalled"

    def __init__(self, progress: StreamProgress) -> None:
        delivered = progress.folded or progress.archived
        problem = "makes no progress" if delivered else "has delivered nothing"
        super().__init__(f"The stream {problem}: {progress}.")
        self.progress = progress


@dataclass(frozen=True, kw_only=True)
class StreamStores:
    """The ledger, the profiles and the lake of a deployment."""

    dynamodb: "DynamoDBClient"
    events_table: str
    profiles_table: str
    archived: ArchivedEvents

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(
            dynamodb=clients.create_dynamodb_client(),
            events_table=deployment.events_table,
            profiles_table=deployment.profiles_table,
            archived=ArchivedEvents(deployment.lake_bucket),
        )


def await_stream(
    stores: StreamStores,
    polling: Polling = REAL_TIME,
    on_progress: OnProgress[StreamProgress] = discard_progress,
    stalled_seconds: float = STALLED_SECONDS,
) -> StreamProgress:
    """Wait until every event is folded and archived; raise StreamStalledError after some time without progress.

    It reads all events: on a large deployment that takes long and costs money.
    """
    last, deadline = None, 0.0
    while True:
        began = polling.clock()
        progress = measure_stream(stores)
        on_progress(progress)
        if progress.is_complete:
            return progress
        if (progress.folded, progress.archived) != last:
            last, deadline = (progress.folded, progress.archived), began + stalled_seconds
        if began > deadline:
            raise StreamStalledError(progress)
        # Counting must not slow down what is counted.
        polling.sleep(1 + PAUSE_FACTOR * (polling.clock() - began))


def measure_stream(stores: StreamStores) -> StreamProgress:
    """Return how far the stream has come."""
    to_fold, to_archive = count_ledger(stores.dynamodb, stores.events_table)
    return StreamProgress(
        folded=_count_folded(stores.dynamodb, stores.profiles_table),
        to_fold=to_fold,
        archived=stores.archived.count(),
        to_archive=to_archive,
    )


def count_ledger(client: "DynamoDBClient", table: str) -> tuple[int, int]:
    """Return how many events a profile should count (of a person, and no test of the sender), and how many there are."""
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        Select="COUNT",
        FilterExpression=FOLDED_FILTER,
        ExpressionAttributeNames={"#event": "event"},
        ExpressionAttributeValues={":test": {"S": '"test":true'}},
    )
    counts = [(page["Count"], page["ScannedCount"]) for page in pages]
    return sum(folded for folded, _ in counts), sum(scanned for _, scanned in counts)


def _count_folded(client: "DynamoDBClient", table: str) -> int:
    """Return how many events the profiles have counted."""
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression=PROFILE_FILTER,
        ExpressionAttributeValues={":profile": {"S": schema.PROFILE_SORT_KEY}},
    )
    items = (item for page in pages for item in page["Items"])
    return sum(decode_state(item["state"]["S"]).events for item in items)
