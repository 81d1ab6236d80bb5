"""Receive again what was refused, with the secrets and the code of today; what is stored already stays as it is."""

import argparse
from datetime import UTC, datetime

from infra.cli import options
from infra.cli.commands.rejects import SHOWN_ID_DIGITS
from infra.cli.stack import select_stack
from infra.cli.terminal import format_table, print_message, print_result, show_step
from regulars.admin.reject_replay import RejectReplayer
from regulars.admin.rejects import RejectFilter
from regulars.admin.replay import ReplayReport, replay_rejects, select_rejects
from regulars.admin.replay_stores import ReplayStores

MAX_SHOWN_REFUSALS = 20
UNKNOWN_KEY = "refused again: unauthorized"
INTO_HINT = "--into SOURCE names the source of tracking calls whose key is not known."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which rejects."""
    parser.add_argument(
        "id", nargs="?", default="", metavar="ID", help="one reject, as `rejects --list` shows it"
    )
    parser.add_argument(
        "--source", default="", help="e.g. shopify/main or segment/web, or shopify for all of it"
    )
    parser.add_argument("--since", type=options.parse_day, metavar="DAY", help="e.g. 2026-11-20")
    parser.add_argument("--code", default="", help="only these, e.g. unknown_topic")
    parser.add_argument(
        "--into",
        default="",
        metavar="SOURCE",
        help="the source of tracking calls without a known key",
    )
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Replay the rejects, oldest first, and print how many had which outcome."""
    stores = ReplayStores.from_deployment(select_stack(arguments).deployment)
    selection = RejectFilter(arguments.since or "", arguments.source, arguments.code)
    today = datetime.now(UTC).date()
    rejects = select_rejects(stores.rejects, today, selection, arguments.id)
    replayer = RejectReplayer(stores, arguments.into)
    with show_step("Receiving again") as step:
        report = replay_rejects(stores.rejects, replayer, rejects, step.update)
    _print_refusals(report)
    counts = sorted(report.counts.items())
    lines = format_table(counts) if counts else ["There was nothing to receive again."]
    print_result(report.counts, lines, as_json=arguments.json)
    return 0


def _print_refusals(report: ReplayReport) -> None:
    for refusal in report.refusals[:MAX_SHOWN_REFUSALS]:
        id_ = refusal.reject_id[:SHOWN_ID_DIGITS]
        print_message(f"  {id_}  {refusal.source}  {refusal.reason}")
    if UNKNOWN_KEY in report.counts:
        print_message(INTO_HINT)
