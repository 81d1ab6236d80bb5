"""Receive again what was refused, by today's secrets and translation; what is there already stays as it is."""

import argparse
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from infra.cli import options, rejects, stack
from infra.cli.console import say, show, step, table
from infra.cli.receiving import Receiver, obstacle
from infra.local.faults import FaultError
from regulars.domain.errors import RegularsError
from regulars.domain.isolation import isolate
from regulars.store.rejects import Rejects

SHOWN = 20  # of those that stay refused


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which rejects."""
    parser.add_argument("id", nargs="?", default="", metavar="ID", help="one, as rejects --list")
    parser.add_argument(
        "--source", default="", help="e.g. shopify/main or segment/web, or shopify for all of it"
    )
    parser.add_argument("--since", type=rejects.day, metavar="DAY", help="e.g. 2026-11-20")
    parser.add_argument("--code", default="", help="only these, e.g. unknown_topic")
    parser.add_argument(
        "--into", default="", metavar="SOURCE", help="the source of tracking calls without a key"
    )
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Replay them, oldest first, and count what became of them; one that fails stops no other."""
    deployed = stack.chosen(arguments)
    store = rejects.store(deployed)
    chosen = _chosen(deployed, arguments)
    receiver = Receiver(deployed, store, arguments.into)
    counts: Counter[str] = Counter()
    refusals: list[str] = []
    with step("Receiving again") as current:
        for kept in chosen:
            counts.update(_outcome(store, receiver, kept, refusals))
            current.note(f"{counts.total()}")
    for refusal in refusals[:SHOWN]:
        say(f"  {refusal}")
    lines = table(sorted(counts.items())) if counts else ["There was nothing to receive again."]
    show(dict(counts), lines, as_json=arguments.json)
    return 0


def _chosen(deployed: stack.Stack, arguments: argparse.Namespace) -> Iterator[rejects.Kept]:
    kept = rejects.chosen(deployed, arguments.since, arguments.source, arguments.code)
    if arguments.id:
        return iter([rejects.one(list(kept), arguments.id)])
    if arguments.source:
        return kept
    waiting = Counter(one["source"] or "?" for one in kept if not one["replayed_at"])
    told = ", ".join(f"{source} ({count})" for source, count in sorted(waiting.items()))
    raise FaultError("Which ones? Give an ID or --source.", f"Waiting: {told or 'nothing'}.")


def _outcome(
    store: Rejects, receiver: Receiver, kept: rejects.Kept, refusals: list[str]
) -> dict[str, int]:
    if kept["replayed_at"]:
        return {"replayed before": 1}
    if reason := obstacle(kept):
        return {reason: 1}
    named = f"{kept['reject_id'][: rejects.SHOWN_DIGITS]}  {kept['source']}"
    receipts, failures = isolate([kept], lambda reject: [receiver.receive(reject)], Exception)
    for _, error in failures:
        if isinstance(error, RegularsError):
            refusals.append(f"{named}  {error}")
            return {f"refused again: {error.code}": 1}
        refusals.append(f"{named}  {type(error).__name__}")
        return {f"failed: {type(error).__name__}": 1}
    (receipt,) = receipts
    store.mark_replayed(kept["received_at"][:10], kept["reject_id"], datetime.now(UTC))
    return {"received": 1, "new events": receipt.new, "known events": receipt.known}
