"""Show what was refused or set aside in the last 30 days: counted by day and reason, one by one, or one body as it came."""

import argparse
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.terminal import format_table, print_result
from regulars.admin.rejects import (
    RejectFilter,
    StoredReject,
    count_rejects,
    find_reject,
    find_rejects,
    open_rejects,
)

MAX_SHOWN_REJECTS = 50
SHOWN_ID_DIGITS = 12  # enough to name a reject
LIST_HINT = "One by one, with the reason: regulars rejects --list"
RAW_HINT = "The body of one: regulars rejects --raw ID"
REPLAY_HINT = "After a fix: regulars replay ID, or --source SOURCE"
NO_REJECTS = "Nothing was refused."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the filters, and how to show the rejects."""
    parser.add_argument("--since", type=options.parse_day, metavar="DAY", help="e.g. 2026-11-20")
    parser.add_argument("--source", default="", help="e.g. shopify/main, or shopify for all of it")
    parser.add_argument("--code", default="", help="e.g. unknown_topic")
    parser.add_argument(
        "--list", action="store_true", help=f"one by one, the newest {MAX_SHOWN_REJECTS}"
    )
    parser.add_argument("--raw", metavar="ID", help="the body of one reject, byte for byte")
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the rejects."""
    store = open_rejects(select_stack(arguments).deployment)
    selection = RejectFilter(arguments.since or "", arguments.source, arguments.code)
    rejects = list(find_rejects(store, datetime.now(UTC).date(), selection))
    if arguments.raw:
        sys.stdout.buffer.write(find_reject(rejects, arguments.raw).raw)
        return 0
    result, lines = _list(rejects) if arguments.list else _count(rejects)
    print_result(result, lines if rejects else [NO_REJECTS], as_json=arguments.json)
    return 0


def _count(rejects: list[StoredReject]) -> tuple[Any, list[str]]:
    result = [msgspec.structs.asdict(count) for count in count_rejects(rejects)]
    rows = [tuple(count.values()) for count in result]
    table = format_table([("day", "code", "source", "count"), *rows])
    return result, [*table, LIST_HINT, REPLAY_HINT]


def _list(rejects: list[StoredReject]) -> tuple[Any, list[str]]:
    newest, older = rejects[-MAX_SHOWN_REJECTS:], len(rejects) - MAX_SHOWN_REJECTS
    table = format_table([("id", "received", "source", "reason"), *map(_to_row, newest)])
    hints = [f"and {older} older: see --since, --source and --code"] if older > 0 else []
    return list(map(_to_result, newest)), [*table, *hints, RAW_HINT, REPLAY_HINT]


def _to_result(reject: StoredReject) -> dict[str, Any]:
    return {
        "reject_id": reject.reject_id,
        "received_at": reject.received_at,
        "code": reject.code,
        "source": reject.source,
        "reason": reject.reason,
        "bytes": len(reject.raw),
        "replayed_at": reject.replayed_at,
    }


def _to_row(reject: StoredReject) -> tuple[str, ...]:
    replayed = f" Received again {reject.replayed_at[:10]}." if reject.replayed_at else ""
    id_ = reject.reject_id[:SHOWN_ID_DIGITS]
    return id_, reject.received_at, reject.source, f"{reject.reason}{replayed}"
