"""Waiting until the stream has carried every event of the ledger to the profiles and to the lake."""

import gzip
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import boto3
import msgspec

from infra.cli.console import Step
from infra.cli.stack import Stack
from infra.local.faults import FaultError
from regulars.domain.profiles import decode_state
from regulars.settings import ArchiveEventsSettings, UpdateProfilesSettings
from regulars.store import schema

SECONDS = 120  # without any progress
SHOULD_COUNT = "attribute_exists(subject) AND NOT contains(#event, :test)"
LOOKING = 8  # rests this many times as long as a look took


class Line(msgspec.Struct):
    """What is read of an archived event."""

    id: str


@dataclass
class Lake:
    """The events that were archived; every object is read once."""

    bucket: str
    seen: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)

    def count(self) -> int:
        """How many different events the lake holds by now."""
        s3 = boto3.client("s3")
        for key in self._new_keys():
            content = gzip.decompress(s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())
            self.ids |= {msgspec.json.decode(line, type=Line).id for line in content.splitlines()}
            self.seen.add(key)
        return len(self.ids)

    def _new_keys(self) -> Iterator[str]:
        pages = boto3.client("s3").get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket, Prefix=schema.LAKE_PREFIX):
            for found in page.get("Contents", []):
                if found["Key"] not in self.seen:
                    yield found["Key"]


def settle(deployed: Stack, current: Step) -> None:
    """Wait; the note says how far each is."""
    tables = deployed.settings(UpdateProfilesSettings)
    lake = Lake(deployed.settings(ArchiveEventsSettings).lake_bucket)
    progress, deadline = (-1, -1), 0.0
    while True:
        began = time.monotonic()
        known, everything = in_ledger(tables.events_table)
        folded, archived = in_profiles(tables.profiles_table), lake.count()
        current.note(f"{folded} of {known} in profiles, {archived} of {everything} in the lake")
        if folded >= known and archived >= everything:
            return
        if (folded, archived) != progress:
            progress, deadline = (folded, archived), began + SECONDS
        if began > deadline:
            break
        # Looking must not slow down what is looked at.
        time.sleep(1 + LOOKING * (time.monotonic() - began))
    advice = "See `regulars status` for what was set aside and for dead letters."
    raise FaultError(f"The stream stands still: {current.detail}.", advice)


def in_ledger(table: str) -> tuple[int, int]:
    """Events a profile should count (somebody's, and no test of the sender's), and all events."""
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=table,
            Select="COUNT",
            FilterExpression=SHOULD_COUNT,
            ExpressionAttributeNames={"#event": "event"},
            ExpressionAttributeValues={":test": {"S": '"test":true'}},
        )
    )
    counts = [(page["Count"], page["ScannedCount"]) for page in pages]
    return sum(known for known, _ in counts), sum(all_ for _, all_ in counts)


def in_profiles(table: str) -> int:
    """Events that the profiles have counted."""
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=table,
            FilterExpression="sk = :profile AND attribute_not_exists(merged_into)",
            ExpressionAttributeValues={":profile": {"S": schema.PROFILE_SORT_KEY}},
        )
    )
    items = (item for page in pages for item in page["Items"])
    return sum(decode_state(item["state"]["S"]).events for item in items)
