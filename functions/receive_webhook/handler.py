"""Receive webhooks: `POST /hooks/<channel>/<source>`, and the GET or HEAD by which a provider checks the address."""

from datetime import UTC, datetime
from typing import Any

from regulars.channels.contract import Reply, Request
from regulars.domain.errors import NotFoundError
from regulars.ingestion.order_claims import OrderClaims
from regulars.ingestion.recording import Recorder
from regulars.ingestion.webhook_sources import WebhookSources
from regulars.ingestion.webhooks import NextPage, Receipt, WebhookReceiver, WebhookReply
from regulars.settings import ReceiveWebhookSettings
from regulars.store.clients import create_fail_fast_dynamodb_client
from regulars.store.contacts import Contacts
from regulars.store.ledger import Ledger
from regulars.store.order_sources import OrderSources
from regulars.store.parameters import Parameters
from regulars.store.rejects import Rejects
from regulars.store.sources import Sources
from regulars.store.tombstones import TombstoneStore
from regulars.transport.certificates import fetch_certificate
from regulars.transport.cold_start import freeze_startup_objects
from regulars.transport.html_pages import build_thank_you_response
from regulars.transport.metrics import count_dropped_identifiers
from regulars.transport.requests import HttpRequest, parse_request
from regulars.transport.responses import (
    HttpResponse,
    json_response,
    preflight_response,
    text_response,
    with_error_responses,
)

SETTINGS = ReceiveWebhookSettings.from_env()
CLIENT = create_fail_fast_dynamodb_client()
PARAMETERS = Parameters(SETTINGS.parameters_prefix)
RECEIVER = WebhookReceiver(
    WebhookSources(Sources(SETTINGS.control_table, CLIENT), PARAMETERS),
    Recorder(
        Ledger(SETTINGS.events_table, CLIENT),
        Contacts(SETTINGS.contacts_table, CLIENT),
        PARAMETERS,
        TombstoneStore(SETTINGS.profiles_table, CLIENT),
        OrderClaims(OrderSources(SETTINGS.control_table, CLIENT)),
        count_dropped_identifiers,
    ),
    Rejects(SETTINGS.rejects_table, CLIENT),
)
freeze_startup_objects()


def handler(event: dict[str, Any], context: Any) -> HttpResponse:
    """Receive one request for a source's webhook."""
    return with_error_responses(lambda: _respond(parse_request(event)))


def _respond(http_request: HttpRequest) -> HttpResponse:
    match http_request:
        case HttpRequest(method="OPTIONS"):
            return preflight_response()
        case HttpRequest(method="POST" | "GET" | "HEAD", path=("hooks", channel, source)):
            return _to_response(RECEIVER.handle(channel, _to_request(http_request, source)))
    raise NotFoundError("There is nothing at this path.")


def _to_request(http_request: HttpRequest, source: str) -> Request:
    return Request(
        source=source,
        body=http_request.body,
        received_at=datetime.now(UTC),
        headers=http_request.headers,
        query=http_request.query,
        default_country=SETTINGS.default_country,
        default_currency=SETTINGS.default_currency,
        method=http_request.method,
        url=http_request.url,
        raw_query=http_request.raw_query,
        certificates=fetch_certificate,
    )


def _to_response(reply: WebhookReply) -> HttpResponse:
    match reply:
        case Reply(status, body, content_type):
            return text_response(status, body, content_type)
        case NextPage(url):
            return build_thank_you_response(url)
        case Receipt(new, known, rejected):
            return json_response({"ok": True, "new": new, "known": known, "rejected": rejected})
    return json_response({"ok": True})
