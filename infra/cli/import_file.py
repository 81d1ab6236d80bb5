"""Import a CSV of order lines through the uploads bucket, wait, and print the report that lies beside it."""

import argparse
import json
import time
from pathlib import Path
from typing import IO, Any

import boto3

from infra.cli import facts, options, stack
from infra.cli.console import Step, show, step, table
from infra.local.faults import FaultError
from regulars.settings import ImportHistorySettings
from regulars.store import schema

SECONDS = 3600  # 1 GB takes several runs of the function, each resuming where the last one stopped
SHOWN_REFUSALS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """FILE, --stack and --json."""
    parser.add_argument("file", metavar="FILE", type=Path, help="columns as in the README")
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Upload, follow, show the report; 1 when the whole file was refused."""
    deployed = stack.chosen(arguments)
    try:
        with arguments.file.open("rb") as content, step(f"Importing {arguments.file.name}") as now:
            report = imported(deployed, arguments.file.name, content, now)
    except OSError as error:
        raise FaultError(f"{arguments.file} cannot be read: {error.strerror}.") from error
    show(report, _lines(report), as_json=arguments.json)
    return 1 if report.get("status") == "failed" else 0


def imported(deployed: stack.Stack, name: str, content: IO[bytes], current: Step) -> dict[str, Any]:
    """Put the file where the import begins, and wait for the report of this very upload."""
    s3, bucket = boto3.client("s3"), deployed.settings(ImportHistorySettings).uploads_bucket
    key = schema.IMPORTS_PREFIX + (name if name.endswith((".csv", ".CSV")) else f"{name}.csv")
    s3.delete_object(Bucket=bucket, Key=f"{key}.report.json")
    current.note("uploading")
    s3.upload_fileobj(content, bucket, key)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        time.sleep(0.5)
        if s3.list_objects_v2(Bucket=bucket, Prefix=f"{key}.report.json").get("Contents"):
            report = s3.get_object(Bucket=bucket, Key=f"{key}.report.json")["Body"].read()
            current.note("")
            return dict(json.loads(report))
        current.note(_progress(facts.control(deployed, f"import#{key}")))
    raise FaultError("The import wrote no report.", "See `regulars status` for dead letters.")


def _progress(checkpoint: dict[str, Any]) -> str:
    return f"{checkpoint['rows']} rows" if "rows" in checkpoint else ""


def _lines(report: dict[str, Any]) -> list[str]:
    numbers = [(name, value) for name, value in report.items() if isinstance(value, int | str)]
    refusals = [
        (refusal.get("line", ""), refusal.get("reason", ""))
        for refusal in report.get("refusals", [])[:SHOWN_REFUSALS]
    ]
    return [*table(numbers), *(["Refused, by line", *table(refusals)] if refusals else [])]
