"""Show what was refused or set aside in the last 30 days: counted by day and reason, one by one, or one body as it came."""

import argparse
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.terminal import format_table, print_result, shorten_text
from regulars.admin.rejects import (
    RejectCount,
    RejectFilter,
    StoredReject,
    count_refused_calls,
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
# Nothing is stored of these calls, so that strangers can cost nothing.
CALL_HINTS = {
    "without_key": "without_key: calls of the tracking API without a key. Nothing of them is stored.",
    "unknown_key": "unknown_key: calls with a key that does not exist. Compare it with `regulars keys`.",
    "unknown_source": "unknown_source: deliveries to an address that is not connected. See `regulars sources`.",
    "over_limit": "over_limit: more refused calls than the table of rejects takes. They are not stored.",
}
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
    today = datetime.now(UTC).date()
    rejects = list(find_rejects(store, today, selection))
    if arguments.raw:
        _write_body(find_reject(rejects, arguments.raw).raw)
        return 0
    if arguments.list:
        result, lines = _list(rejects)
    else:
        result, lines = _count(rejects, count_refused_calls(store, today, selection))
    print_result(result, lines if result else [NO_REJECTS], as_json=arguments.json)
    return 0


def _write_body(body: bytes) -> None:
    """Write the bytes as they came, but none that would control a terminal."""
    if sys.stdout.isatty():
        print_result(None, body.decode(errors="replace").split("\n"), as_json=False)
    else:
        sys.stdout.buffer.write(body)


def _count(rejects: list[StoredReject], calls: list[RejectCount]) -> tuple[Any, list[str]]:
    counts = sorted([*count_rejects(rejects), *calls])
    result = [msgspec.structs.asdict(count) for count in counts]
    rows = [(one.day, one.code, shorten_text(one.source), one.count) for one in counts]
    table = format_table([("day", "code", "source", "count"), *rows])
    reject_hints = [LIST_HINT, REPLAY_HINT] if rejects else []
    hints = [hint for kind, hint in CALL_HINTS.items() if any(call.code == kind for call in calls)]
    return result, [*table, *hints, *reject_hints]


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
    return id_, reject.received_at, shorten_text(reject.source), f"{reject.reason}{replayed}"
