"""Facts of a deployment, read where they are kept: counts, last training, champions, rejects, dead letters."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import msgspec

from infra.cli.stack import Stack
from regulars.domain.errors import NotFoundError
from regulars.settings import (
    BuildDatasetSettings,
    ServeProfilesSettings,
    TrainSegmentsSettings,
    UpdateProfilesSettings,
)
from regulars.store import schema
from regulars.store.artifacts import Artifacts
from regulars.store.champions import Champions

MODELS = ("segments", "churn", "recommender")
REJECT_DAYS = 30  # as long as they are kept


def counts(deployed: Stack) -> dict[str, int]:
    """Events and identities by the tables' own counts (on AWS some hours old), people and products by looking."""
    writes, reads = (
        deployed.settings(UpdateProfilesSettings),
        deployed.settings(ServeProfilesSettings),
    )
    return {
        "events": _item_count(writes.events_table),
        "identities": _item_count(writes.people_table),
        "profiles": count_profiles(writes.profiles_table),
        "products": _item_count(reads.catalog_table),
    }


def count_profiles(table: str) -> int:
    """People, each once: profiles that were not merged into another."""
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=table,
            Select="COUNT",
            FilterExpression="sk = :profile AND attribute_not_exists(merged_into)",
            ExpressionAttributeValues={":profile": {"S": schema.PROFILE_SORT_KEY}},
        )
    )
    return sum(page["Count"] for page in pages)


def control(deployed: Stack, id_: str) -> dict[str, Any]:
    """One item of the control table as plain values; {} when there is none."""
    table = deployed.settings(BuildDatasetSettings).control_table
    item = (
        boto3.client("dynamodb").get_item(TableName=table, Key={"id": {"S": id_}}).get("Item", {})
    )
    return {name: next(iter(value.values())) for name, value in item.items()}


def outcomes(deployed: Stack) -> dict[str, dict[str, Any]]:
    """How each model's last training ended; a model that was never trained is missing."""
    artifacts = Artifacts(deployed.settings(TrainSegmentsSettings).artifacts_bucket)
    found = {model: _outcome(artifacts, model) for model in MODELS}
    return {model: outcome for model, outcome in found.items() if outcome}


def outcome_times(deployed: Stack) -> dict[str, datetime]:
    """When each model's last training ended, to the second."""
    bucket, s3 = deployed.settings(TrainSegmentsSettings).artifacts_bucket, boto3.client("s3")
    keys = {model: schema.outcome_key(model) for model in MODELS}
    return {
        model: s3.head_object(Bucket=bucket, Key=key)["LastModified"] for model, key in keys.items()
    }


def champions(deployed: Stack) -> dict[str, dict[str, Any]]:
    """The version of each model that scores now, with its metrics."""
    settings = deployed.settings(TrainSegmentsSettings)
    pointers, artifacts = Champions(settings.control_table), Artifacts(settings.artifacts_bucket)
    found: dict[str, dict[str, Any]] = {}
    for model in MODELS:
        if pointer := pointers.find_champion(model):
            manifest = artifacts.read_manifest(model, pointer)
            found[model] = {
                "version": pointer.version,
                "previous": pointer.previous,
                "trained_at": manifest.created_at,
                "metrics": msgspec.to_builtins(manifest.metrics),
            }
    return found


def rejects(deployed: Stack) -> dict[str, int]:
    """What was refused or set aside in the last 30 days, by code."""
    table = deployed.settings(UpdateProfilesSettings).rejects_table
    today = datetime.now(UTC).date()
    days = (str(today - timedelta(days=age)) for age in range(REJECT_DAYS + 1))
    return dict(Counter(code for day in days for code in _reject_codes(table, day)))


def dead_letters(deployed: Stack) -> dict[str, int]:
    """Messages in each dead-letter queue."""
    sqs = boto3.client("sqs")
    wanted: Any = ["ApproximateNumberOfMessages"]
    return {
        name: int(
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"][wanted[0]]
        )
        for name, url in sorted(deployed.queues.items())
    }


def _item_count(table: str) -> int:
    return boto3.client("dynamodb").describe_table(TableName=table)["Table"]["ItemCount"]


def _outcome(artifacts: Artifacts, model: str) -> dict[str, Any]:
    try:
        return dict(msgspec.to_builtins(artifacts.read_outcome(schema.outcome_key(model))))
    except NotFoundError:
        return {}


def _reject_codes(table: str, day: str) -> Iterator[str]:
    pages = (
        boto3.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=table,
            KeyConditionExpression="#day = :day",
            ProjectionExpression="code",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues={":day": {"S": day}},
        )
    )
    return (item["code"]["S"] for page in pages for item in page["Items"])
