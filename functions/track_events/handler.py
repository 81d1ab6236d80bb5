"""The tracking door: `POST /v1/…` of the Segment tracking API."""

from datetime import UTC, datetime
from typing import Any

from regulars.channels.contract import Request
from regulars.domain.errors import NotFoundError
from regulars.edge.doors import Answer, Call, answered, answering, called, preflight
from regulars.edge.requests import presented_key
from regulars.edge.startup import started
from regulars.ingestion.recording import Recorder
from regulars.ingestion.tracking import BATCH, Tracking
from regulars.settings import TrackEventsSettings
from regulars.store.clients import dynamodb_for_doors
from regulars.store.keys import Keys
from regulars.store.ledger import Ledger
from regulars.store.parameters import Parameters
from regulars.store.people import People
from regulars.store.rejects import Rejects

SETTINGS = TrackEventsSettings.from_env()
CLIENT = dynamodb_for_doors()
TRACKING = Tracking(
    Keys(SETTINGS.control_table, CLIENT),
    Recorder(
        Ledger(SETTINGS.events_table, CLIENT),
        People(SETTINGS.people_table, CLIENT),
        Parameters(SETTINGS.parameters_prefix),
    ),
    Rejects(SETTINGS.rejects_table, CLIENT),
)
KINDS = (BATCH, "track", "identify", "page", "screen", "group", "alias")
# A path says a kind in full, or by its letter as the browser SDK does.
ROUTES = {("v1", name): kind for kind in KINDS for name in (kind, kind[0])}
started()


def handler(event: dict[str, Any], context: Any) -> Answer:
    """Record the messages of one call."""
    return answering(lambda: _receive(called(event)))


def _receive(call: Call) -> Answer:
    if call.method == "OPTIONS":
        return preflight()
    if call.method != "POST" or call.path not in ROUTES:
        raise NotFoundError("There is nothing at this path.")
    request = Request(
        source="",
        body=call.body,
        received_at=datetime.now(UTC),
        default_country=SETTINGS.default_country,
        default_currency=SETTINGS.default_currency,
    )
    key = presented_key(call.headers) or call.query.get("writeKey", "")
    TRACKING.receive(ROUTES[call.path], request, key)
    return answered({"success": True})
