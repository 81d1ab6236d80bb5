"""Update profiles from the ledger's stream, schedule checks for abandoned carts, and start the erasures that providers demand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from regulars.journeys.abandonment import schedule_cart_checks
from regulars.privacy.deletion_requests import request_erasures
from regulars.profiles.update import update_profiles
from regulars.settings import UpdateProfilesSettings
from regulars.store.erasure_queue import ErasureQueue
from regulars.store.ledger import Ledger
from regulars.store.orders import Orders
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects
from regulars.store.schedules import Schedules, ScheduleTarget
from regulars.store.tombstones import TombstoneStore
from regulars.transport.stream_events import read_changes

SETTINGS = UpdateProfilesSettings.from_env()
CLIENT = boto3.client("dynamodb")
STORES = ProfileStores(
    profiles=Profiles(SETTINGS.profiles_table, CLIENT),
    orders=Orders(SETTINGS.profiles_table, CLIENT),
    ledger=Ledger(SETTINGS.events_table, CLIENT),
    rejects=Rejects(SETTINGS.rejects_table, CLIENT),
)
TOMBSTONES = TombstoneStore(SETTINGS.profiles_table, CLIENT)
ERASURES = ErasureQueue(SETTINGS.erase_function)
CART_CHECKS = Schedules(
    ScheduleTarget(
        function=SETTINGS.cart_checks_function,
        role=SETTINGS.cart_checks_role,
        dead_letters=SETTINGS.cart_checks_dead_letters,
        prefix=SETTINGS.cart_checks_prefix,
    )
)
ABANDONMENT_DELAY = timedelta(minutes=int(SETTINGS.abandoned_after_minutes))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Fold a batch of stream records; raise a retryable error, since the whole batch may come again."""
    batch = TOMBSTONES.read_tombstones().drop_erased(read_changes(event))
    now = datetime.now(UTC)
    update_profiles(batch, STORES, now)
    # Also for events that were counted before: this may be the retry after an error of the scheduler.
    schedule_cart_checks(batch.changes, CART_CHECKS, ABANDONMENT_DELAY, now)
    request_erasures(batch.changes, ERASURES)
    return {"batchItemFailures": []}
