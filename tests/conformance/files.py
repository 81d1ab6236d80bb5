"""Files as providers export them: each is recognised and imported, names nobody in the ledger, and only once."""

import re
from collections.abc import Iterator
from typing import Any

from regulars.channels.exports.recognition import recognize_format
from regulars.channels.registry import load_export_formats
from regulars.domain.events import encode
from regulars.ingestion.imports.csv_file import CsvFile
from tests.conformance.doors import Doors

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
ACCOUNT = "conformance"


def failures(doors: Doors, fixture: dict[str, Any]) -> Iterator[str]:
    """What is not as it should be; the manifest does not say what becomes of a file."""
    path = fixture["path"]
    with path.open("rb") as stream:
        format_ = recognize_format(load_export_formats(), CsvFile(stream).columns)
    if _first_word(format_.title) not in fixture["topic"]:
        yield f"recognised as {format_.title}"
    folder = f"{format_.channel}/{ACCOUNT}/" if format_.channel else ""
    report, again = (doors.upload(f"imports/{folder}{path.name}", path) for _ in range(2))
    if report["status"] != "done" or not report["imported"]:
        yield f"not imported: {report}"
    if again["imported"]:
        yield f"imported again: {again}"
    for event in doors.events():
        if not event.backfill:
            yield f"not told as history: {event}"
        if _EMAIL.search(encode(event).decode()):
            yield f"an e-mail address in the ledger: {event}"


def _first_word(title: str) -> str:
    return title.partition(" ")[0].lower()
