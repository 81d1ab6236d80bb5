"""The ledger's stream to profiles."""

from datetime import UTC, datetime
from typing import Any

import boto3

from regulars.edge import streams
from regulars.profiling import Stores, update_profiles
from regulars.settings import UpdateProfilesSettings
from regulars.store.ledger import Ledger
from regulars.store.people import People
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects

SETTINGS = UpdateProfilesSettings.from_env()
CLIENT = boto3.client("dynamodb")
STORES = Stores(
    people=People(SETTINGS.people_table, CLIENT),
    profiles=Profiles(SETTINGS.profiles_table, CLIENT),
    ledger=Ledger(SETTINGS.events_table, CLIENT),
    rejects=Rejects(SETTINGS.rejects_table, CLIENT),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Fold a batch of stream records; a fault worth retrying is raised, for all of it may come again."""
    update_profiles(streams.changes(event), STORES, datetime.now(UTC))
    return {"batchItemFailures": []}
