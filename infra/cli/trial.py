"""A signed sample through the public door, as the provider would send it, and in plain words what became of it."""

import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlencode

import msgspec
import urllib3

from infra.cli import connections
from infra.cli.stack import Stack
from infra.local.faults import FaultError
from regulars.channels.contract import Draft, Request
from regulars.channels.registry import load_channel
from regulars.domain.errors import RegularsError
from regulars.domain.timed_cache import ABSENT_SECONDS
from regulars.settings import ReceiveWebhookSettings
from regulars.store.ledger import Ledger
from regulars.store.parameters import SourceSecrets
from regulars.store.sources import Source

PATIENCE = 60.0  # a cold function on a busy laptop unpacks its layers first
SHOWN = 300  # characters of an answer
UNSIGNED = "missing."  # how the door's refusal of a delivery without a signature ends

type Outcome = Literal["stored", "known", "set_aside", "reached", "refused"]


class Trial(msgspec.Struct, frozen=True):
    """What became of a sample: `reached` when only the provider can sign, and the door refused what it had not."""

    outcome: Outcome
    words: str
    status: int
    answer: str

    @property
    def is_well(self) -> bool:
        """Whether what the provider sends will be taken in."""
        return self.outcome != "refused"


class _Sample(msgspec.Struct, frozen=True):
    """What is sent, what it should become, and what of that was in the ledger before."""

    request: Request
    signed: bool
    drafts: list[Draft] = []
    set_aside: str = ""
    known: frozenset[str] = frozenset()


def sent(deployed: Stack, source: Source) -> Trial:
    """Send it; FaultError when the source waits for its secret, or nobody answers."""
    kept = connections.secrets_of(deployed, source.channel, source.source)
    if connections.state(source, has_secret=bool(kept)) == "waiting":
        named = f"{source.channel} --name {source.source}"
        advice = f"Give it: regulars connect {named} --secret …"
        raise FaultError(f"{source.channel}/{source.source} is waiting for its secret.", advice)
    settings = deployed.settings(ReceiveWebhookSettings)
    ledger = Ledger(settings.events_table)
    sample = _sample(ledger, source, _request(source, kept, settings, deployed), kept)
    status, answer = posted(sample.request)
    if not source.disabled and _told(answer)[0] in {"not_found", "source_waiting"}:
        # The door remembers for seconds what was not there when it was asked last.
        time.sleep(ABSENT_SECONDS)
        status, answer = posted(sample.request)
    outcome, words = _became(ledger, source, sample, status, answer)
    return Trial(outcome, words, status, answer)


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
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        advice = (
            "Is that the public URL? `regulars connect CHANNEL --url own` goes back to the API's."
        )
        # Some faults quote the whole URL, in which a secret may stand.
        why = str(error).replace(query, "…") if query else error
        raise FaultError(f"Nobody answers at {request.url}: {why}", advice) from error
    return answer.status, answer.data.decode(errors="replace")[:SHOWN]


def _request(
    source: Source, kept: SourceSecrets, settings: ReceiveWebhookSettings, deployed: Stack
) -> Request:
    return Request(
        source.source,
        b"{}",
        datetime.now(UTC),
        config=source.config | kept.credentials,
        default_country=settings.default_country,
        default_currency=settings.default_currency,
        url=connections.public_url(deployed, source),
    )


def _sample(ledger: Ledger, source: Source, blank: Request, kept: SourceSecrets) -> _Sample:
    channel = load_channel(source.channel)
    try:
        request = channel.build_sample(blank, kept.signing[0]) if channel.build_sample else None
    except ValueError as error:
        advice = f"Give the right one: regulars connect {source.channel} --name {source.source}"
        raise FaultError(f"Its secret or a credential cannot sign: {error}", advice) from error
    if request is None:
        headers = {"content-type": "application/json"}
        return _Sample(msgspec.structs.replace(blank, headers=headers), signed=False)
    try:
        drafts = channel.translate(request)
    except RegularsError as error:
        return _Sample(request, signed=True, set_aside=error.code)
    return _Sample(request, True, drafts, known=frozenset(_stored(ledger, drafts)))


def _became(
    ledger: Ledger, source: Source, sample: _Sample, status: int, answer: str
) -> tuple[Outcome, str]:
    if not sample.signed and status == HTTPStatus.UNAUTHORIZED and UNSIGNED in answer:
        return "reached", (
            f"The door answered, and refused a delivery without a signature as it must. Only {source.channel} can sign "
            "one: press its own test button, then look at `regulars status` and `regulars rejects`."
        )
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return "refused", _refusal(source, status, answer)
    if source.disabled:
        return "refused", "Still taken in: it is disabled, which takes ten seconds everywhere."
    if sample.set_aside:
        return "set_aside", (
            f"Taken in and set aside ({sample.set_aside}), as this sample is meant to be: what "
            f"{source.channel} sends comes in, and nobody was made up."
        )
    return _told_of(ledger, sample, status)


def _told_of(ledger: Ledger, sample: _Sample, status: int) -> tuple[Outcome, str]:
    stored = _stored(ledger, sample.drafts)
    types = ", ".join(stored[id_] for id_ in stored if id_ not in sample.known)
    if types:
        return "stored", f"Stored: {types}. It is marked as a test and counts nowhere."
    if stored:
        return "known", f"Known already: {', '.join(stored.values())} is stored once."
    return "refused", f"Answered {status}, but nothing is in the ledger."


def _stored(ledger: Ledger, drafts: list[Draft]) -> dict[str, str]:
    return {
        event.id: event.type for event in ledger.read_events([draft.event.id for draft in drafts])
    }


def _refusal(source: Source, status: int, answer: str) -> str:
    """Why, and what to do about it."""
    named = f"{source.channel} {source.source}"
    code, message = _told(answer)
    reasons = {
        "not_found": f"it is disabled. Take it in again: regulars sources enable {named}"
        if source.disabled
        else "the door does not know the source",
        "invalid_signature": f"the door reads a new secret within half a minute; try again. {message}",
        "forbidden": f"the door reads a new secret within half a minute; try again. {message}",
        "source_waiting": "the door does not know its secret. Give it again: regulars connect",
        "internal": "something failed on our side. See: regulars logs receive_webhook",
    }
    return f"Refused ({status}): {reasons.get(code, message or answer or 'no reason was given')}."


def _told(answer: str) -> tuple[str, str]:
    try:
        said = msgspec.json.decode(answer, type=dict[str, object])
    except msgspec.DecodeError:
        return "", ""
    return str(said.get("code", "")), str(said.get("message", ""))
