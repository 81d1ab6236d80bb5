"""The time after a cart's activity has passed: see whether it was left behind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import msgspec

from regulars.journeys.abandonment import CartCheck, Told, detect_abandonment
from regulars.settings import DetectAbandonmentSettings
from regulars.store.ledger import Ledger
from regulars.store.people import People
from regulars.store.profiles import Profiles

SETTINGS = DetectAbandonmentSettings.from_env()
CLIENT = boto3.client("dynamodb")
TOLD = Told(
    people=People(SETTINGS.people_table, CLIENT),
    profiles=Profiles(SETTINGS.profiles_table, CLIENT),
    ledger=Ledger(SETTINGS.events_table, CLIENT),
)
DELAY = timedelta(minutes=int(SETTINGS.abandoned_after_minutes))


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Judge one person's cart; answers what became of it."""
    check = msgspec.convert(event, CartCheck)
    decision = detect_abandonment(check, TOLD, DELAY, datetime.now(UTC))
    return {"cart": decision.reason}
