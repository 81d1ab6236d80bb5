"""Import CSV files of history through the uploads bucket: says what each is, waits, and prints the report beside it."""

import argparse
import json
import time
from pathlib import Path
from typing import IO, Any

import boto3

from infra.cli import exports, facts, options, stack
from infra.cli.console import Step, say, show, step, table
from infra.local.faults import FaultError
from regulars.settings import ImportHistorySettings
from regulars.store import schema

SECONDS = 3600  # 1 GB takes several runs of the function, each resuming where the last one stopped
LOOKS = 20  # between two looks for a dead letter
GIVEN_UP = (
    "Why: regulars dead-letters list. To go on where it stopped: "
    "regulars dead-letters redrive --function import_history"
)
SHOWN_REFUSALS = 10
KEPT_FACTS = (
    *("status", "code", "message", "format", "account", "encoding", "delimiter"),
    *("rows", "imported", "known", "refused", "orders", "known_orders", "people", "tests"),
)
QUIET = {"known_orders": 0, "tests": 0, "orders": 0}  # what is not worth a line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """FILE…, --account, --stack and --json."""
    parser.add_argument(
        "files", metavar="FILE", type=Path, nargs="+", help="exports, recognised by their headings"
    )
    parser.add_argument(
        "--account",
        help="whose they are: a Shopify shop's domain, or the name of a connected source "
        "(default: the one that is connected)",
    )
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Recognise, upload, follow, show the reports; 1 when a whole file was refused."""
    deployed = stack.chosen(arguments)
    reports = [_report(deployed, path, arguments.account) for path in arguments.files]
    lines = [line for report in reports for line in _lines(report)]
    show(reports[0] if len(reports) == 1 else reports, lines, as_json=arguments.json)
    return 1 if any(map(_is_refused, reports)) else 0


def imported(
    deployed: stack.Stack,
    key: str,
    content: IO[bytes],
    current: Step,
    rows: int = 0,
    orders: str = "",
) -> dict[str, Any]:
    """Put the file where the import begins, and wait for the report of this very upload."""
    s3, bucket = boto3.client("s3"), deployed.settings(ImportHistorySettings).uploads_bucket
    s3.delete_object(Bucket=bucket, Key=schema.report_key(key))
    current.note("uploading")
    said: dict[str, Any] = {"Metadata": {schema.ORDERS_METADATA_NAME: orders}} if orders else {}
    s3.upload_fileobj(content, bucket, key, said)
    deadline, before, look = time.monotonic() + SECONDS, _given_up(deployed), 0
    while time.monotonic() < deadline:
        time.sleep(0.5)
        if s3.list_objects_v2(Bucket=bucket, Prefix=schema.report_key(key)).get("Contents"):
            report = s3.get_object(Bucket=bucket, Key=schema.report_key(key))["Body"].read()
            current.note("")
            return dict(json.loads(report))
        current.note(_progress(facts.control(deployed, schema.import_id(key)), rows))
        look += 1
        if look % LOOKS == 0 and _given_up(deployed) > before:
            raise FaultError("The import was given up after several attempts.", GIVEN_UP)
    raise FaultError("The import wrote no report.", "See `regulars status` for dead letters.")


def _given_up(deployed: stack.Stack) -> int:
    return facts.dead_letters(deployed).get("import_history", 0)


def _is_refused(report: dict[str, Any]) -> bool:
    return bool(report["status"] == "failed" or report["refused"] == report["rows"])


def _report(deployed: stack.Stack, path: Path, given: str | None) -> dict[str, Any]:
    """One file's report; a file that fails does not keep the others from being imported."""
    try:
        return _followed(deployed, path, given)
    except FaultError as fault:
        advice = f" {fault.advice}" if fault.advice else ""
        return {"file": path.name, "status": "failed", "message": f"{fault}{advice}"}


def _followed(deployed: stack.Stack, path: Path, given: str | None) -> dict[str, Any]:
    export = exports.export_at(path)
    account = exports.account_of(deployed, export.format, given)
    orders = exports.orders_of(deployed, export.format.channel, account)
    say(export.told(account, orders))
    with path.open("rb") as content, step(f"Importing {path.name}") as now:
        return imported(deployed, export.key(account), content, now, export.rows, orders)


def _progress(checkpoint: dict[str, Any], rows: int) -> str:
    if "rows" not in checkpoint:
        return ""
    return f"{checkpoint['rows']} of about {rows} rows" if rows else f"{checkpoint['rows']} rows"


def _lines(report: dict[str, Any]) -> list[str]:
    told: list[tuple[Any, ...]] = [
        (name, report[name])
        for name in KEPT_FACTS
        if report.get(name) not in {None, "", QUIET.get(name)}
    ]
    for name in ("money", "refunded"):
        told += [(name, f"{units} {code}") for code, units in report.get(name, {}).items()]
    if report.get("first"):
        told.append(("from … to", f"{report['first'][:10]} … {report['last'][:10]}"))
    refusals = report.get("refusals", [])
    reasons = {one["code"]: one["reason"] for one in refusals}
    counted = [(n, reasons.get(code, code)) for code, n in report.get("reasons", {}).items()]
    first = [(one["line"], one["code"]) for one in refusals[:SHOWN_REFUSALS]]
    return [
        report["file"],
        *table(told),
        *(["Refused, by reason", *table(counted)] if counted else []),
        *(["Refused first, by line", *table(first)] if first else []),
    ]
