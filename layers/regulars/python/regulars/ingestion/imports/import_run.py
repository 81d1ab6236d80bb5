"""Run an import over one upload: recognize its format, and hold what this run and the next one must know."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import PurePosixPath

import msgspec

from regulars.channels.contract import Draft
from regulars.channels.drafts.sales import ORDERS_ELSEWHERE
from regulars.channels.exports.contract import ExportFormat, File
from regulars.channels.exports.recognition import recognize_format
from regulars.channels.fields.redaction import clean_text, looks_personal
from regulars.channels.registry import load_export_formats
from regulars.domain.errors import InvalidRequestError
from regulars.domain.identifiers import NAMESPACES, Identifier
from regulars.domain.times import FUTURE_TOLERANCE, to_text
from regulars.ingestion.imports.csv_file import CsvFile
from regulars.ingestion.imports.import_tally import ImportTally
from regulars.ingestion.imports.partitions import count_parts
from regulars.store import schema
from regulars.store.checkpoints import Checkpoint, Checkpoints
from regulars.store.uploads import Upload

MAX_SOURCE_CHARACTERS = 80
_NAMESPACE_RANKS = list(NAMESPACES)  # strongest first

type RowKey = Callable[[Sequence[str]], str]


class ImportDefaults(msgspec.Struct, frozen=True):
    """The currency and the country of rows that name none."""

    currency: str
    country: str = ""


class ImportProgress(msgspec.Struct):
    """The state that a run hands to the next one: the parts that are imported, and their tally."""

    started_at: str
    finished: list[int] = []
    tally: ImportTally = msgspec.field(default_factory=ImportTally)
    runs: int = 0
    done: bool = False


class RecognizedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose format is known; `headings` are the columns to read, in the order of `file.names`."""

    csv: CsvFile
    format: ExportFormat
    headings: Sequence[str]
    file: File

    @property
    def row_key(self) -> RowKey:
        """The function that returns, for the fields of a row, the key by which rows belong together."""
        indexes = [self.file.names.index(name) for name in self.format.key_columns]
        if len(indexes) == 1:
            (index,) = indexes
            return lambda fields: fields[index].strip()
        return lambda fields: next((text for at in indexes if (text := fields[at].strip())), "")


def find_format(csv: CsvFile, name: str) -> tuple[ExportFormat, dict[str, str]]:
    """Return the format of a file with this name, and the heading of each field that it has.

    Raise InvalidRequestError when the file cannot be imported.
    """
    format_ = recognize_format(load_export_formats(), csv.columns)
    headings = format_.match_columns(csv.columns)
    if repeated := sorted({*headings.values()} & csv.repeated):
        raise InvalidRequestError(
            f"The file's first line names these columns twice: {', '.join(repeated)}. Please rename one of each.",
            "repeated_columns",
        )
    if format_.check_file:
        format_.check_file(name, headings)
    return format_, headings


def recognize_upload(upload: Upload, defaults: ImportDefaults, now: datetime) -> RecognizedFile:
    """Return the file with its format; raise InvalidRequestError when it cannot be imported."""
    csv, name = CsvFile(upload.stream), PurePosixPath(upload.key).name
    format_, headings = find_format(csv, name)
    names = [*format_.columns, *(field for field in headings if field not in format_.columns)]
    file = File(
        names=names,
        name=name,
        source=f"import/{_source_name(name)}",
        account=account_from_key(upload.key, format_),
        uploaded_at=upload.at,
        received_at=now,
        latest=to_text(now + FUTURE_TOLERANCE),
        default_currency=defaults.currency,
        default_country=defaults.country,
        decimal_comma=csv.delimiter == ";",
        sells=upload.orders != ORDERS_ELSEWHERE,
    )
    columns = [headings.get(field, "") for field in names]
    return RecognizedFile(csv=csv, format=format_, headings=columns, file=file)


def account_from_key(key: str, format_: ExportFormat) -> str:
    """Return the account in `imports/<channel>/<account>/<file>.csv`.

    The folder of a format that belongs to no channel is `file`; in any other one the file has no account. Raise
    InvalidRequestError for an export of a channel in another folder: its orders would get other ids than those of the
    webhooks.
    """
    expected_folder = format_.channel or schema.FILE_FOLDER
    match key.removeprefix(schema.IMPORTS_PREFIX).split("/"):
        case [folder, account, _] if folder == expected_folder and account.strip():
            return account
        case _ if not format_.channel:
            return ""
        case _:
            raise InvalidRequestError(
                f"The file is {format_.title}, but its folder does not name the account that it belongs to: "
                f"{schema.IMPORTS_PREFIX}{format_.channel}/<account>/. `regulars import` puts it there.",
                "missing_account",
            )


class ImportRun:
    """One run over one upload."""

    def __init__(
        self,
        upload: Upload,
        recognized: RecognizedFile,
        resumed: tuple[Checkpoint, ImportProgress],
        checkpoints: Checkpoints,
    ) -> None:
        self.upload = upload
        self.recognized = recognized
        self.part_count = count_parts(upload.size)
        self._checkpoint, self.progress = resumed
        self._checkpoints = checkpoints
        self._contacts: dict[int, tuple[str, int]] = {}
        self._people: set[int] = set()

    def list_remaining_parts(self) -> list[int]:
        """Return the parts that are not imported yet."""
        return sorted({*range(self.part_count)} - {*self.progress.finished})

    def finish_part(self, part: int) -> None:
        """Save that a part is imported; raise ConcurrentUpdateError when another run imports the same file."""
        self.progress.finished.append(part)
        self._save_progress()

    def close(self) -> None:
        """Save that the report is written: the next run starts from the beginning."""
        self.progress.done = True
        self._save_progress()

    def count_people(self, drafts: Iterable[Draft]) -> None:
        """Count the people in the drafts, by their e-mail address or else their first identifier."""
        previous_count = len(self._people)
        for draft in drafts:
            if identifier := _choose_counted_identifier(draft.identifiers):
                self._people.add(hash(identifier))
        self.progress.tally.people += len(self._people) - previous_count

    def without_known_contact(self, draft: Draft) -> Draft:
        """Return the draft, without its contact data when a draft of this run has stored the same data already.

        Most files repeat a person's contact data on every order.
        """
        if not (draft.contact and draft.identifiers):
            return draft
        strongest = min(draft.identifiers, key=lambda id_: _NAMESPACE_RANKS.index(id_.namespace))
        person = hash(strongest)
        contact = draft.event.occurred_at, hash(tuple(draft.contact.items()))
        newest = self._contacts.get(person, contact)
        is_known = person in self._contacts and newest[1] == contact[1]
        self._contacts[person] = max(newest, contact)
        return msgspec.structs.replace(draft, contact={}) if is_known else draft

    def _save_progress(self) -> None:
        state = msgspec.json.encode(self.progress).decode()
        self._checkpoint = self._checkpoints.save_checkpoint(
            msgspec.structs.replace(self._checkpoint, rows=self.progress.tally.rows, state=state)
        )


def _choose_counted_identifier(identifiers: Sequence[Identifier]) -> Identifier | None:
    emails = (identifier for identifier in identifiers if identifier.namespace == "email")
    return next(emails, next(iter(identifiers), None))


def _source_name(file_name: str) -> str:
    """Return the file's name as events carry it; `upload` for a name that is blank or personal."""
    name = clean_text(file_name)
    return "upload" if not name or looks_personal(name) else name[:MAX_SOURCE_CHARACTERS]
