"""Counts what the tables hold, and reads single items of the control table."""

from typing import TYPE_CHECKING, Any

from regulars.admin.deployment import Deployment
from regulars.domain.identity_facts import NO_FACTS
from regulars.identity.partition import partition_subjects
from regulars.store.profiles import Profiles

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def count_items(client: "DynamoDBClient", deployment: Deployment) -> dict[str, int]:
    """Return the number of events, identities, profiles and products.

    Events and products are the tables' own counts, which AWS updates every few hours.
    """
    facts = NO_FACTS.combine(*Profiles(deployment.profiles_table, client).scan_facts())
    return {
        "events": _count_table(client, deployment.events_table),
        "identities": len(facts.births),
        "profiles": len(partition_subjects(facts).people),
        "products": _count_table(client, deployment.catalog_table),
    }


def read_control_item(client: "DynamoDBClient", table: str, item_id: str) -> dict[str, Any]:
    """Return the attributes of one item of the control table; {} when there is none."""
    item = client.get_item(TableName=table, Key={"id": {"S": item_id}}).get("Item", {})
    return {name: next(iter(value.values())) for name, value in item.items()}


def _count_table(client: "DynamoDBClient", table: str) -> int:
    return client.describe_table(TableName=table)["Table"]["ItemCount"]
