"""Reads the status of a deployment: counts, trainings, champions, reconciliations, rejects, dead letters, requests."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Self

import msgspec

from regulars.admin.dead_letters import DeadLetterQueues
from regulars.admin.deployment import Deployment
from regulars.admin.item_counts import count_items, read_control_item
from regulars.admin.models import ChampionStatus, ModelStores, read_champions, read_outcomes
from regulars.admin.privacy_requests import PrivacyRequests
from regulars.admin.reconciliation import ReconciliationStatus, read_status
from regulars.admin.unfinished_imports import (
    UnfinishedImport,
    UploadStores,
    list_unfinished_imports,
)
from regulars.domain.manifests import TrainingOutcome
from regulars.ingestion.order_claims import REPORTER_DAYS
from regulars.store import clients, schema
from regulars.store.api_keys import ApiKeys, OrderPolicy
from regulars.store.order_sources import OrderSources
from regulars.store.reconciliations import Reconciliations
from regulars.store.schema import REJECT_RETENTION
from regulars.store.sources import Sources

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DeploymentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The status of a deployment.

    `counts` are items by kind, `dataset` and `scoring` the attributes of the newest dataset and of the last scoring
    ({} for none; `skipped_at` is when the last build found no new event), `trainings` and `champions`
    by model, `reconciliations` by `<channel>/<source>`, `rejects` by code in 30 days, `dead_letters` by function,
    `open_requests` of people by kind. `order_reporters` are the trusted sources that report orders, `order_policies` of the
    browser keys by id: claim, count, or auto, by which orders are claims if there are reporters. `unfinished_imports` are
    those whose report is not written.
    """

    name: str
    api_url: str
    counts: dict[str, int]
    dataset: dict[str, Any]
    scoring: dict[str, Any]
    trainings: dict[str, TrainingOutcome]
    champions: dict[str, ChampionStatus]
    reconciliations: dict[str, ReconciliationStatus]
    rejects: dict[str, int]
    dead_letters: dict[str, int]
    open_requests: dict[str, int]
    order_reporters: tuple[str, ...] = ()
    order_policies: dict[str, OrderPolicy] = {}
    unfinished_imports: list[UnfinishedImport] = []


@dataclass(frozen=True, kw_only=True)
class StatusStores:
    """The stores from which the status of a deployment is read."""

    dynamodb: "DynamoDBClient"
    models: ModelStores
    sources: Sources
    reconciliations: Reconciliations
    queues: DeadLetterQueues
    requests: PrivacyRequests
    order_sources: OrderSources
    keys: ApiKeys
    uploads: UploadStores

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(
            dynamodb=clients.create_dynamodb_client(),
            models=ModelStores.from_deployment(deployment),
            sources=Sources(deployment.control_table),
            reconciliations=Reconciliations(deployment.control_table),
            queues=DeadLetterQueues(deployment),
            requests=PrivacyRequests.from_deployment(deployment),
            order_sources=OrderSources(deployment.control_table),
            keys=ApiKeys(deployment.control_table),
            uploads=UploadStores.from_deployment(deployment),
        )


def read_deployment_status(
    deployment: Deployment, stores: StatusStores, today: date
) -> DeploymentStatus:
    """Return the status of a deployment. It scans the profiles and the control table."""
    client, control = stores.dynamodb, deployment.control_table
    return DeploymentStatus(
        name=deployment.name,
        api_url=deployment.api_url,
        counts=count_items(client, deployment),
        dataset=read_control_item(client, control, schema.DATASET_ID),
        scoring=read_control_item(client, control, schema.SCORING_ID),
        trainings=read_outcomes(stores.models),
        champions=read_champions(stores.models),
        reconciliations=_read_reconciliations(stores),
        rejects=count_reject_codes(client, deployment.rejects_table, today),
        dead_letters=stores.queues.count(),
        open_requests=stores.requests.count_open(),
        order_reporters=_list_reporters(stores, today),
        order_policies={
            key.id: key.orders
            for key in stores.keys.list_keys()
            if key.scope == "browser" and not key.revoked_at
        },
        unfinished_imports=list_unfinished_imports(stores.uploads),
    )


def count_reject_codes(client: "DynamoDBClient", table: str, today: date) -> dict[str, int]:
    """Return the number of rejects and refused calls of the last 30 days by code, without reading what was rejected."""
    counts = Counter[str]()
    for age in range(REJECT_RETENTION.days + 1):
        for code, count in _read_codes(client, table, str(today - timedelta(days=age))):
            counts[code] += count
    return dict(counts)


def _list_reporters(stores: StatusStores, today: date) -> tuple[str, ...]:
    since = str(today - timedelta(days=REPORTER_DAYS))
    return tuple(stores.order_sources.list_reporters(since))


def _read_reconciliations(stores: StatusStores) -> dict[str, ReconciliationStatus]:
    statuses = {
        f"{source.channel}/{source.source}": read_status(stores.reconciliations, source)
        for source in stores.sources.list_sources()
    }
    return {name: status for name, status in statuses.items() if status}


def _read_codes(client: "DynamoDBClient", table: str, day: str) -> Iterator[tuple[str, int]]:
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="#day = :day",
        ProjectionExpression="code, calls",
        ExpressionAttributeNames={"#day": "day"},
        ExpressionAttributeValues={":day": {"S": day}},
    )
    for item in (item for page in pages for item in page["Items"]):
        yield item["code"]["S"], int(item.get("calls", {"N": "1"})["N"])
