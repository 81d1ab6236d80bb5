"""Receive the Segment tracking API, `POST /v1/…`, and serve the settings that browser SDKs fetch first."""

from datetime import UTC, datetime
from typing import Any

from regulars.channels.contract import Request
from regulars.channels.tracking.sdk_settings import build_segment_settings
from regulars.domain.errors import NotFoundError
from regulars.ingestion.order_claims import OrderClaims
from regulars.ingestion.recording import Recorder
from regulars.ingestion.tracking import TrackingReceiver
from regulars.ingestion.tracking_calls import BATCH_KIND
from regulars.settings import TrackEventsSettings
from regulars.store.api_keys import ApiKeys
from regulars.store.clients import create_fail_fast_dynamodb_client
from regulars.store.contacts import Contacts
from regulars.store.ledger import Ledger
from regulars.store.order_sources import OrderSources
from regulars.store.parameters import Parameters
from regulars.store.rejects import Rejects
from regulars.store.tombstones import TombstoneStore
from regulars.transport.cold_start import freeze_startup_objects
from regulars.transport.metrics import count_dropped_identifiers
from regulars.transport.requests import (
    HttpRequest,
    build_public_address,
    parse_request,
    read_api_key,
)
from regulars.transport.responses import (
    HttpResponse,
    json_response,
    preflight_response,
    with_error_responses,
)

SETTINGS = TrackEventsSettings.from_env()
CLIENT = create_fail_fast_dynamodb_client()
ORDER_CLAIMS = OrderClaims(OrderSources(SETTINGS.control_table, CLIENT))
RECEIVER = TrackingReceiver(
    ApiKeys(SETTINGS.control_table, CLIENT),
    Recorder(
        Ledger(SETTINGS.events_table, CLIENT),
        Contacts(SETTINGS.contacts_table, CLIENT),
        Parameters(SETTINGS.parameters_prefix),
        TombstoneStore(SETTINGS.profiles_table, CLIENT),
        ORDER_CLAIMS,
        count_dropped_identifiers,
    ),
    Rejects(SETTINGS.rejects_table, CLIENT),
    ORDER_CLAIMS,
)
KINDS = (BATCH_KIND, "track", "identify", "page", "screen", "group", "alias")
# A path names a kind in full, or by its first letter as the browser SDK does.
KINDS_BY_PATH: dict[tuple[str, ...], str] = {
    ("v1", name): kind for kind in KINDS for name in (kind, kind[0])
}
KINDS_BY_PATH["beacon", "v1", "batch"] = BATCH_KIND
# The browser SDK reports metrics about itself here, unless it has fetched our settings.
METRICS_PATH = ("v1", "m")
freeze_startup_objects()


def handler(event: dict[str, Any], context: Any) -> HttpResponse:
    """Record the messages of one call, or serve a browser SDK's settings."""
    return with_error_responses(lambda: _respond(parse_request(event), event))


def _respond(http_request: HttpRequest, event: dict[str, Any]) -> HttpResponse:
    match http_request.method, http_request.path:
        case "OPTIONS", _:
            return preflight_response()
        case "GET", ("v1", "projects", write_key, "settings"):
            settings = build_segment_settings(write_key, *build_public_address(event))
            return json_response(settings, cache="private, max-age=300")
        case "POST", path if path in KINDS_BY_PATH:
            _receive_call(KINDS_BY_PATH[path], http_request)
        case "POST", path if path == METRICS_PATH:
            pass
        case _:
            raise NotFoundError("There is nothing at this path.")
    return json_response({"success": True})


def _receive_call(kind: str, http_request: HttpRequest) -> None:
    request = Request(
        source="",
        body=http_request.body,
        received_at=datetime.now(UTC),
        default_country=SETTINGS.default_country,
        default_currency=SETTINGS.default_currency,
    )
    header_key, url_key = read_api_key(http_request.headers), http_request.query.get("writeKey", "")
    RECEIVER.receive(kind, request, header_key, url_key)
