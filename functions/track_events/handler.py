"""The tracking door: the Segment tracking API, `POST /v1/…`, and the settings that browser SDKs ask for first."""

from datetime import UTC, datetime
from typing import Any

from regulars.channels.contract import Request
from regulars.channels.tracking.sdk_settings import build_segment_settings
from regulars.domain.errors import NotFoundError
from regulars.ingestion.recording import Recorder
from regulars.ingestion.tracking import BATCH, Tracking
from regulars.settings import TrackEventsSettings
from regulars.store.api_keys import ApiKeys
from regulars.store.clients import create_fail_fast_dynamodb_client
from regulars.store.ledger import Ledger
from regulars.store.parameters import Parameters
from regulars.store.people import People
from regulars.store.rejects import Rejects
from regulars.transport.cold_start import started
from regulars.transport.http import (
    Answer,
    Call,
    answered,
    answering,
    called,
    preflight,
    reached_at,
)
from regulars.transport.requests import presented_key

SETTINGS = TrackEventsSettings.from_env()
CLIENT = create_fail_fast_dynamodb_client()
TRACKING = Tracking(
    ApiKeys(SETTINGS.control_table, CLIENT),
    Recorder(
        Ledger(SETTINGS.events_table, CLIENT),
        People(SETTINGS.people_table, CLIENT),
        Parameters(SETTINGS.parameters_prefix),
    ),
    Rejects(SETTINGS.rejects_table, CLIENT),
)
KINDS = (BATCH, "track", "identify", "page", "screen", "group", "alias")
# A path says a kind in full, or by its letter as the browser SDK does.
ROUTES: dict[tuple[str, ...], str] = {
    ("v1", name): kind for kind in KINDS for name in (kind, kind[0])
}
ROUTES["beacon", "v1", "batch"] = BATCH
METRICS = ("v1", "m")  # of the browser SDK itself, whose sampling our settings turn off
started()


def handler(event: dict[str, Any], context: Any) -> Answer:
    """Record the messages of one call, or tell a browser SDK its settings."""
    return answering(lambda: _answer(called(event), event))


def _answer(call: Call, event: dict[str, Any]) -> Answer:
    match call.method, call.path:
        case "OPTIONS", _:
            return preflight()
        case "GET", ("v1", "projects", write_key, "settings"):
            settings = build_segment_settings(write_key, *reached_at(event))
            return answered(settings, cache="public, max-age=300")
        case "POST", path if path in ROUTES:
            _receive(ROUTES[path], call)
        case "POST", path if path == METRICS:
            pass
        case _:
            raise NotFoundError("There is nothing at this path.")
    return answered({"success": True})


def _receive(kind: str, call: Call) -> None:
    request = Request(
        source="",
        body=call.body,
        received_at=datetime.now(UTC),
        default_country=SETTINGS.default_country,
        default_currency=SETTINGS.default_currency,
    )
    TRACKING.receive(kind, request, presented_key(call.headers), call.query.get("writeKey", ""))
