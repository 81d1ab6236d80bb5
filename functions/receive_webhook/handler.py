"""The webhook door: `POST /hooks/<channel>/<source>`."""

from datetime import UTC, datetime
from typing import Any

from regulars.channels import form
from regulars.channels.contract import Request
from regulars.domain.errors import NotFoundError
from regulars.edge.doors import Answer, Call, answered, answering, called, preflight
from regulars.edge.pages import thanked
from regulars.edge.startup import started
from regulars.ingestion.recording import Recorder
from regulars.ingestion.webhooks import Webhooks
from regulars.settings import ReceiveWebhookSettings
from regulars.store.clients import dynamodb_for_doors
from regulars.store.ledger import Ledger
from regulars.store.parameters import Parameters
from regulars.store.people import People
from regulars.store.rejects import Rejects
from regulars.store.sources import Sources

SETTINGS = ReceiveWebhookSettings.from_env()
CLIENT = dynamodb_for_doors()
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
        case Call(method="POST", path=("hooks", channel, source)):
            return _record(call, channel, source)
    raise NotFoundError("There is nothing at this path.")


def _record(call: Call, channel: str, source: str) -> Answer:
    now = datetime.now(UTC)
    request = WEBHOOKS.configured(
        channel,
        Request(
            source,
            call.body,
            now,
            call.headers,
            call.query,
            default_country=SETTINGS.default_country,
            default_currency=SETTINGS.default_currency,
        ),
    )
    receipt = WEBHOOKS.receive(channel, request, now)
    if channel == form.CHANNEL and "text/html" in call.headers.get("accept", ""):
        return thanked(form.next_page(request))
    return answered(
        {"ok": True, "new": receipt.new, "known": receipt.known, "rejected": receipt.rejected}
    )
