"""What was refused or set aside in the last 30 days: by day and reason, one by one, or one as it came."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.cli import options, stack
from infra.cli.console import show, table
from infra.local.faults import FaultError
from regulars.settings import ReceiveWebhookSettings
from regulars.store.rejects import REJECT_RETENTION, Rejects

SHOWN = 50  # one by one
SHOWN_DIGITS = 12  # of an id: enough to name it
ONE_BY_ONE = "One by one, with why: regulars rejects --list"
AS_IT_CAME = "One as it came: regulars rejects --raw ID"
AGAIN = "After a fix: regulars replay ID, or --source SOURCE"

type Kept = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which ones, and how."""
    parser.add_argument("--since", type=day, metavar="DAY", help="e.g. 2026-11-20")
    parser.add_argument("--source", default="", help="e.g. shopify/main, or shopify for all of it")
    parser.add_argument("--code", default="", help="e.g. unknown_topic")
    parser.add_argument("--list", action="store_true", help=f"one by one, the newest {SHOWN}")
    parser.add_argument("--raw", metavar="ID", help="the body of one, byte for byte")
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show them."""
    deployed = stack.chosen(arguments)
    kept = list(chosen(deployed, arguments.since, arguments.source, arguments.code))
    if arguments.raw:
        sys.stdout.buffer.write(one(kept, arguments.raw)["raw"])
        return 0
    facts, lines = _listed(kept) if arguments.list else _counted(kept)
    show(facts, lines if kept else ["Nothing was refused."], as_json=arguments.json)
    return 0


def day(text: str) -> str:
    """A day as the store keys it; ValueError for anything else."""
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()


def store(deployed: stack.Stack) -> Rejects:
    """The rejects of a deployment."""
    return Rejects(deployed.settings(ReceiveWebhookSettings).rejects_table)


def chosen(deployed: stack.Stack, since: str | None, source: str, code: str) -> Iterator[Kept]:
    """The rejects of a source (or of all sources of a channel) with a code since a day, oldest first."""
    rejects, today = store(deployed), datetime.now(UTC).date()
    first = today - REJECT_RETENTION
    for age in range((today - first).days + 1):
        asked = (first + timedelta(days=age)).isoformat()
        if asked >= (since or ""):
            kept = rejects.list_rejects(asked)
            yield from (one for one in kept if _matches(one, source, code))


def one(kept: list[Kept], id_: str) -> Kept:
    """The one whose id begins like this; FaultError when there is none, or several."""
    found = [reject for reject in kept if reject["reject_id"].startswith(id_)]
    if len(found) != 1:
        message = f"{len(found)} rejects have an id that begins with {id_}."
        raise FaultError(message, "Look it up with `regulars rejects --list`.")
    return found[0]


def _matches(one: Kept, source: str, code: str) -> bool:
    is_source = not source or one["source"] == source or one["source"].startswith(f"{source}/")
    return is_source and code in {"", one["code"]}


def _counted(kept: list[Kept]) -> tuple[Any, list[str]]:
    counts = Counter((one["received_at"][:10], one["code"], one["source"]) for one in kept)
    rows = [(*what, count) for what, count in sorted(counts.items())]
    facts = [dict(zip(("day", "code", "source", "count"), row, strict=True)) for row in rows]
    return facts, [*table([("day", "code", "source", "count"), *rows]), ONE_BY_ONE, AGAIN]


def _listed(kept: list[Kept]) -> tuple[Any, list[str]]:
    facts = [
        {name: one[name] for name in ("reject_id", "received_at", "code", "source", "reason")}
        | {"bytes": len(one["raw"]), "replayed_at": one["replayed_at"]}
        for one in kept[-SHOWN:]
    ]
    rows = [
        (one["reject_id"][:SHOWN_DIGITS], one["received_at"], one["source"], _words(one))
        for one in facts
    ]
    lines = table([("id", "received", "source", "reason"), *rows])
    older = [f"and {len(kept) - SHOWN} older: see --since, --source and --code"]
    return facts, [*lines, *(older if len(kept) > SHOWN else []), AS_IT_CAME, AGAIN]


def _words(one: Kept) -> str:
    again = one["replayed_at"]
    return f"{one['reason']} Received again {again[:10]}." if again else str(one["reason"])
