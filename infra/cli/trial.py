"""A signed sample through the public door, as the provider would send it, and what became of it."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import urllib3

from infra.cli import connections
from infra.cli.stack import Stack
from infra.local.faults import FaultError
from regulars.channels import channel_of
from regulars.channels.contract import Request
from regulars.domain.errors import RegularsError
from regulars.settings import ReceiveWebhookSettings
from regulars.store.ledger import Ledger
from regulars.store.sources import Source

PATIENCE = 60.0  # a cold function on a busy laptop unpacks its layers first
SHOWN = 300  # characters of an answer


def sent(deployed: Stack, source: Source) -> dict[str, Any]:
    """Send it; FaultError when the channel has no sample or nobody answers."""
    sample = connections.trait(source.channel, "sample", None)
    known = connections.secrets_of(deployed, source.channel, source.source)
    if sample is None or not known.signing:
        advice = "Use the provider's own test button, then `regulars rejects`."
        raise FaultError(f"There is no sample for {source.channel}, or no secret.", advice)
    settings = deployed.settings(ReceiveWebhookSettings)
    blank = Request(
        source.source,
        b"",
        datetime.now(UTC),
        config=source.config | known.credentials,
        default_currency=settings.default_currency,
        url=connections.public_url(deployed, source),
    )
    request: Request = sample(blank, known.signing[0])
    status, answer = posted(request)
    return {"status": status, "answer": answer, "stored": _stored(settings, source, request)}


def posted(request: Request) -> tuple[int, str]:
    """What the door answers."""
    query = request.raw_query or urlencode(request.query)
    try:
        answer = urllib3.request(
            request.method,
            f"{request.url}?{query}" if query else request.url,
            headers=request.headers,
            body=request.body,
            timeout=PATIENCE,
            retries=False,
        )
    except urllib3.exceptions.HTTPError as error:
        raise FaultError(f"The door gave no answer: {error}") from error
    return answer.status, answer.data.decode(errors="replace")[:SHOWN]


def _stored(settings: ReceiveWebhookSettings, source: Source, request: Request) -> str:
    """The types of the sample's events that are in the ledger."""
    try:
        drafts = channel_of(source.channel).translate(request)
    except RegularsError as error:
        return f"set aside: {error.code}"
    events = Ledger(settings.events_table).read([draft.event.id for draft in drafts])
    return ", ".join(event.type for event in events) or "nothing"
