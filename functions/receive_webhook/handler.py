"""The webhook door: `POST /hooks/<channel>/<source>`, and the GET or HEAD by which a provider tries the address."""

from datetime import UTC, datetime
from typing import Any

from regulars.channels.contract import Request
from regulars.channels.registry import load_channel
from regulars.channels.signatures.shared_secret import TOKEN_PARAMETER
from regulars.domain.errors import NotFoundError
from regulars.ingestion.recording import Recorder
from regulars.ingestion.webhooks import Webhooks
from regulars.settings import ReceiveWebhookSettings
from regulars.store.clients import create_fail_fast_dynamodb_client
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
CLIENT = create_fail_fast_dynamodb_client()
PARAMETERS = Parameters(SETTINGS.parameters_prefix)
WEBHOOKS = Webhooks(
    Sources(SETTINGS.control_table, CLIENT),
    PARAMETERS,
    Recorder(
        Ledger(SETTINGS.events_table, CLIENT), People(SETTINGS.people_table, CLIENT), PARAMETERS
    ),
    Rejects(SETTINGS.rejects_table, CLIENT),
)
started()


def handler(event: dict[str, Any], context: Any) -> Answer:
    """Verify and record one delivery."""
    return answering(lambda: _receive(called(event)))


def _receive(call: Call) -> Answer:
    match call:
        case Call(method="OPTIONS"):
            return preflight()
        case Call(method="POST" | "GET" | "HEAD", path=("hooks", channel, source)):
            return _delivered(call, channel, _request(call, source))
    raise NotFoundError("There is nothing at this path.")


def _request(call: Call, source: str) -> Request:
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


def _delivered(call: Call, channel: str, request: Request) -> Answer:
    request = WEBHOOKS.configured(channel, request)
    reply = WEBHOOKS.answer(channel, request, request.received_at)
    if reply is None and call.method == "POST":
        return _recorded(call, channel, request)
    if reply is None:
        return _tried(call)
    return replied(reply.status, reply.body, reply.content_type)


def _tried(call: Call) -> Answer:
    """For whoever looks whether the address is there; what a GET tells in its query is not taken, and so is refused."""
    if call.method == "GET" and call.query.keys() - {TOKEN_PARAMETER}:
        raise NotFoundError("Deliveries are taken by POST.")
    return answered({"ok": True})


def _recorded(call: Call, channel: str, request: Request) -> Answer:
    receipt = WEBHOOKS.receive(channel, request, request.received_at)
    contract = load_channel(channel)
    if contract.find_next_page and "text/html" in call.headers.get("accept", ""):
        return thanked(contract.find_next_page(request))
    if reply := contract.reply:
        return replied(reply.status, reply.body, reply.content_type)
    return answered(
        {"ok": True, "new": receipt.new, "known": receipt.known, "rejected": receipt.rejected}
    )
