"""Receive webhooks: `POST /hooks/<channel>/<source>`, and the GET or HEAD by which a provider checks the address."""

from datetime import UTC, datetime
from typing import Any

from regulars.channels.contract import Reply, Request
from regulars.domain.errors import NotFoundError
from regulars.ingestion.recording import Recorder
from regulars.ingestion.webhook_sources import WebhookSources
from regulars.ingestion.webhooks import NextPage, Receipt, WebhookReceiver, WebhookReply
from regulars.settings import ReceiveWebhookSettings
from regulars.store.clients import dynamodb_for_doors
from regulars.store.ledger import Ledger
from regulars.store.parameters import Parameters
from regulars.store.people import People
from regulars.store.rejects import Rejects
from regulars.store.sources import Sources
from regulars.transport.certificates import fetched
from regulars.transport.cold_start import started
from regulars.transport.html_pages import thanked
from regulars.transport.http import (
    Answer,
    Call,
    answered,
    answering,
    called,
    preflight,
    replied,
)

SETTINGS = ReceiveWebhookSettings.from_env()
CLIENT = dynamodb_for_doors()
PARAMETERS = Parameters(SETTINGS.parameters_prefix)
RECEIVER = WebhookReceiver(
    WebhookSources(Sources(SETTINGS.control_table, CLIENT), PARAMETERS),
    Recorder(
        Ledger(SETTINGS.events_table, CLIENT), People(SETTINGS.people_table, CLIENT), PARAMETERS
    ),
    Rejects(SETTINGS.rejects_table, CLIENT),
)
started()


def handler(event: dict[str, Any], context: Any) -> Answer:
    """Verify and record one delivery."""
    return answering(lambda: _respond(called(event)))


def _respond(call: Call) -> Answer:
    match call:
        case Call(method="OPTIONS"):
            return preflight()
        case Call(method="POST" | "GET" | "HEAD", path=("hooks", channel, source)):
            return _to_response(RECEIVER.handle(channel, _to_request(call, source)))
    raise NotFoundError("There is nothing at this path.")


def _to_request(call: Call, source: str) -> Request:
    return Request(
        source,
        call.body,
        datetime.now(UTC),
        call.headers,
        call.query,
        default_country=SETTINGS.default_country,
        default_currency=SETTINGS.default_currency,
        method=call.method,
        url=call.url,
        raw_query=call.raw_query,
        certificates=fetched,
    )


def _to_response(reply: WebhookReply) -> Answer:
    match reply:
        case Reply(status, body, content_type):
            return replied(status, body, content_type)
        case NextPage(url):
            return thanked(url)
        case Receipt(new, known, rejected):
            return answered({"ok": True, "new": new, "known": known, "rejected": rejected})
    return answered({"ok": True})
