"""Checks export files: each must be recognized and imported once, and no person may be named in the ledger."""

from collections.abc import Iterator
from typing import Any

from regulars.channels.exports.recognition import recognize_format
from regulars.channels.registry import load_export_formats
from regulars.ingestion.imports.csv_file import CsvFile
from tests.conformance.email_addresses import find_addresses
from tests.conformance.endpoints import Endpoints

ACCOUNT_NAME = "conformance"


def find_failures(endpoints: Endpoints, payload: dict[str, Any]) -> Iterator[str]:
    """Import a file twice and yield every failure. The manifest does not name the events of a file."""
    path = payload["path"]
    with path.open("rb") as stream:
        format_ = recognize_format(load_export_formats(), CsvFile(stream).columns)
    if _get_first_word(format_.title) not in payload["topic"]:
        yield f"recognized as {format_.title}"
    folder = f"{format_.channel}/{ACCOUNT_NAME}/" if format_.channel else ""
    key = f"imports/{folder}{path.name}"
    report, second_report = (endpoints.import_file(key, path) for _ in range(2))
    if report["status"] != "done" or not report["imported"]:
        yield f"not imported: {report}"
    if second_report["imported"]:
        yield f"imported twice: {second_report}"
    for event in endpoints.list_events():
        if not event.backfill:
            yield f"not marked as backfill: {event}"
        if find_addresses(event):
            yield f"an e-mail address in the ledger: {event}"


def _get_first_word(title: str) -> str:
    return title.partition(" ")[0].lower()
