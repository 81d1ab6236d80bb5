"""Check a person's cart for abandonment, when the delay after its last activity has passed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import msgspec

from regulars.journeys.abandonment import AbandonmentStores, CartCheck, detect_abandonment
from regulars.settings import DetectAbandonmentSettings
from regulars.store.ledger import Ledger
from regulars.store.profiles import Profiles

SETTINGS = DetectAbandonmentSettings.from_env()
CLIENT = boto3.client("dynamodb")
STORES = AbandonmentStores(
    profiles=Profiles(SETTINGS.profiles_table, CLIENT),
    ledger=Ledger(SETTINGS.events_table, CLIENT),
)
ABANDONMENT_DELAY = timedelta(minutes=int(SETTINGS.abandoned_after_minutes))


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Check the cart of one person; return the reason of the decision."""
    check = msgspec.convert(event, CartCheck)
    decision = detect_abandonment(check, STORES, ABANDONMENT_DELAY, datetime.now(UTC))
    return {"cart": decision.reason}
