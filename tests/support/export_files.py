"""Build providers' export files from a few cells, and import them."""

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
UPLOAD_TIME = "2026-11-22T10:00:00.000Z"
ACCOUNT = "main"

type Rows = Sequence[Mapping[str, str]]


class ImportedFile(NamedTuple):
    """The result of an import: the file's format, its drafts, and the code of each refused line."""

    format: str
    drafts: list[Draft]
    refusals: dict[int, str]

    @property
    def events(self) -> list[Event]:
        """The events of the drafts."""
        return [draft.event for draft in self.drafts]

    @property
    def orders(self) -> list[Event]:
        """The events that have an order."""
        return [event for event in self.events if event.order]

    @property
    def state(self) -> ProfileState:
        """The profile of all events together, as if they were one person's."""
        return fold_events({event.id: event for event in self.events}.values())


def to_csv(rows: Rows, delimiter: str = ",") -> str:
    """Return the rows as CSV; a cell that a row does not have is blank."""
    text = io.StringIO()
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    writer = csv.DictWriter(text, headings, restval="", delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def import_content(
    content: Rows | str | bytes,
    name: str = "export.csv",
    folder: str = "",
    uploaded_at: str = UPLOAD_TIME,
    currency: str = "EUR",
) -> ImportedFile:
    """Import a file in a folder such as `stripe/main/`; raise the first bug of its translation."""
    text = content if isinstance(content, str | bytes) else to_csv(content)
    body = text.encode() if isinstance(text, str) else text
    key, stream = f"imports/{folder}{name}", io.BytesIO(body)
    upload = Upload(key=key, size=len(body), etag="etag", at=uploaded_at, stream=stream)
    file = recognize_upload(upload, ImportDefaults(currency, "GB"), NOW)
    refusals: dict[int, str] = {}
    rows = file.csv.read_rows(file.headings)
    groups = list(file.format.translate(rows, file.file, refusals.__setitem__))
    for group in groups:
        if group.fault:
            raise group.fault
    drafts = [draft for group in groups for draft in group.drafts]
    return ImportedFile(file.format.title, drafts, refusals)
