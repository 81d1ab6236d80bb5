"""Exports as providers write them, made by a few cells each, and what an import makes of them."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from regulars.channels.contract import Draft
from regulars.domain.events import Event
from regulars.domain.profiles import ProfileState, fold_events
from regulars.ingestion.imports.import_run import ImportDefaults, recognize_upload
from regulars.store.uploads import Upload

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
UPLOADED = "2026-11-22T10:00:00.000Z"
ACCOUNT = "main"

type Rows = Sequence[Mapping[str, str]]


class Imported(NamedTuple):
    """What became of a file: its format, its drafts, and each line that was refused."""

    format: str
    drafts: list[Draft]
    refused: dict[int, str]

    @property
    def events(self) -> list[Event]:
        """The events, as told."""
        return [draft.event for draft in self.drafts]

    @property
    def orders(self) -> list[Event]:
        """The events that show an order."""
        return [event for event in self.events if event.order]

    @property
    def state(self) -> ProfileState:
        """What they come to, as if all were one person's."""
        return fold_events({event.id: event for event in self.events}.values())


def written(rows: Rows, delimiter: str = ",") -> str:
    """The rows as CSV; a cell that a row does not have is blank."""
    text = io.StringIO()
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    writer = csv.DictWriter(text, headings, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def imported(
    content: Rows | str | bytes,
    name: str = "export.csv",
    folder: str = "",
    uploaded_at: str = UPLOADED,
    currency: str = "EUR",
) -> Imported:
    """What an import makes of a file in a folder such as `stripe/main/`."""
    text = content if isinstance(content, str | bytes) else written(content)
    body = text.encode() if isinstance(text, str) else text
    stream = io.BytesIO(body)
    upload = Upload(
        key=f"imports/{folder}{name}", size=len(body), etag="etag", at=uploaded_at, stream=stream
    )
    of = recognize_upload(upload, ImportDefaults(currency, "GB"), NOW)
    refused: dict[int, str] = {}
    rows = of.csv.read_rows(of.headings)
    told = list(of.format.translate(rows, of.file, refused.__setitem__))
    if fault := next((one.fault for one in told if one.fault), None):
        raise fault
    return Imported(of.format.title, [draft for one in told for draft in one.drafts], refused)
