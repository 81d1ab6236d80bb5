"""The ledger's stream to profiles, and to a later look at every cart."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from regulars.journeys.abandonment import watch_carts
from regulars.profiles.update import update_profiles
from regulars.settings import UpdateProfilesSettings
from regulars.store.ledger import Ledger
from regulars.store.people import People
from regulars.store.profile_stores import Stores
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects
from regulars.store.schedules import Schedules, Target
from regulars.transport.stream_events import read_changes

SETTINGS = UpdateProfilesSettings.from_env()
CLIENT = boto3.client("dynamodb")
STORES = Stores(
    people=People(SETTINGS.people_table, CLIENT),
    profiles=Profiles(SETTINGS.profiles_table, CLIENT),
    ledger=Ledger(SETTINGS.events_table, CLIENT),
    rejects=Rejects(SETTINGS.rejects_table, CLIENT),
)
CART_CHECKS = Schedules(
    Target(
        SETTINGS.cart_checks_function,
        SETTINGS.cart_checks_role,
        SETTINGS.cart_checks_dead_letters,
        SETTINGS.cart_checks_prefix,
    )
)
DELAY = timedelta(minutes=int(SETTINGS.abandoned_after_minutes))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Fold a batch of stream records; a fault worth retrying is raised, for all of it may come again."""
    batch, now = read_changes(event), datetime.now(UTC)
    update_profiles(batch, STORES, now)
    # Also for events counted before: this may be the second try, after a fault of the scheduler.
    watch_carts(batch.changes, CART_CHECKS, DELAY, now)
    return {"batchItemFailures": []}
