"""Receive again what was refused, by today's secrets and translation; what is there already stays as it is."""

import argparse
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import msgspec

from infra.cli import options, rejects, stack
from infra.cli.console import show, step, table
from regulars.channels import CHANNELS
from regulars.channels.contract import Request
from regulars.channels.segment import CHANNEL as TRACKING
from regulars.channels.segment import translate_message
from regulars.domain.errors import RegularsError
from regulars.domain.times import from_text
from regulars.edge.fetching import fetched
from regulars.ingestion.recording import Recorder
from regulars.ingestion.webhooks import Receipt, Webhooks
from regulars.settings import ReceiveWebhookSettings
from regulars.store.ledger import Ledger
from regulars.store.parameters import Parameters
from regulars.store.people import People
from regulars.store.rejects import Delivery, Rejects
from regulars.store.sources import Sources


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which rejects."""
    parser.add_argument(
        "--source", required=True, help="e.g. shopify/main, or shopify for all of it"
    )
    parser.add_argument("--since", type=rejects.day, metavar="DAY", help="e.g. 2026-11-20")
    parser.add_argument("--code", default="", help="only these, e.g. unknown_topic")
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Replay them, oldest first, and count what became of them."""
    deployed = stack.chosen(arguments)
    store = rejects.store(deployed)
    received = receiver(deployed.settings(ReceiveWebhookSettings), store)
    counts: Counter[str] = Counter()
    with step("Receiving again") as current:
        for kept in rejects.chosen(deployed, arguments.since, arguments.source, arguments.code):
            counts.update(_outcome(store, received, kept))
            current.note(f"{counts.total()}")
    lines = table(sorted(counts.items())) if counts else ["There was nothing to receive again."]
    show(dict(counts), lines, as_json=arguments.json)
    return 0


def receiver(settings: ReceiveWebhookSettings, store: Rejects) -> Callable[[rejects.Kept], Receipt]:
    """What receives a reject again; RegularsError when it is refused again."""
    parameters = Parameters(settings.parameters_prefix)
    ledger, people = Ledger(settings.events_table), People(settings.people_table)
    recorder = Recorder(ledger, people, parameters)
    webhooks = Webhooks(Sources(settings.control_table), parameters, recorder, store)

    def receive(kept: rejects.Kept) -> Receipt:
        channel, _, source = kept["source"].partition("/")
        request = _request(settings, kept, source)
        if channel == TRACKING:
            draft = translate_message(msgspec.Raw(request.body), request, "")
            recorded = recorder.record([draft])
            return Receipt(len(recorded.new), len(recorded.known))
        delivery: Delivery = kept["delivery"]
        return webhooks.replay(channel, request, verified=delivery.verified)

    return receive


def _outcome(
    store: Rejects, received: Callable[[rejects.Kept], Receipt], kept: rejects.Kept
) -> dict[str, int]:
    if kept["replayed_at"]:
        return {"replayed before": 1}
    if not _is_whole(kept):
        return {"too large to have been kept whole": 1}
    try:
        receipt = received(kept)
    except RegularsError as error:
        return {f"refused again: {error.code}": 1}
    store.replayed(kept["received_at"][:10], kept["reject_id"], datetime.now(UTC))
    return {"received": 1, "new events": receipt.new, "known events": receipt.known}


def _is_whole(kept: rejects.Kept) -> bool:
    channel = kept["source"].partition("/")[0]
    is_webhook = channel in CHANNELS and kept["delivery"] is not None
    return not kept["cut"] and (is_webhook or channel == TRACKING)


def _request(settings: ReceiveWebhookSettings, kept: rejects.Kept, source: str) -> Request:
    """The delivery as it came, at the time at which it came."""
    delivery: Delivery = kept["delivery"] or Delivery()
    return Request(
        source,
        kept["raw"],
        from_text(kept["received_at"]),
        delivery.headers,
        dict(parse_qsl(delivery.raw_query)),
        default_country=settings.default_country,
        default_currency=settings.default_currency,
        method=delivery.method,
        url=delivery.url,
        raw_query=delivery.raw_query,
        certificates=fetched,
    )
