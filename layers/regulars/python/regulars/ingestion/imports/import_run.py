"""One run over one upload: what kind of file it is, how far it has come, and what the next run must know."""

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
from regulars.domain.identifiers import NAMESPACES
from regulars.domain.times import FUTURE_TOLERANCE, to_text
from regulars.ingestion.imports.csv_file import CsvFile
from regulars.ingestion.imports.import_tally import Tally
from regulars.ingestion.imports.partitions import number_of_parts
from regulars.store import schema
from regulars.store.checkpoints import Checkpoint, Checkpoints
from regulars.store.uploads import Upload

LONGEST_SOURCE = 80
_STRONGEST = list(NAMESPACES)


class Defaults(msgspec.Struct, frozen=True):
    """What is taken where a file does not say it."""

    currency: str
    country: str = ""


class Progress(msgspec.Struct):
    """What a run leaves to the next: which parts are done, and what they came to."""

    started_at: str
    finished: list[int] = []
    tally: Tally = msgspec.field(default_factory=Tally)
    runs: int = 0
    done: bool = False


class Opened(msgspec.Struct, frozen=True):
    """A file whose format is known: `headings` are those that are read, in the order of `file.names`."""

    csv: CsvFile
    format: ExportFormat
    headings: Sequence[str]
    file: File

    @property
    def key(self) -> Callable[[Sequence[str]], str]:
        """By what rows belong together, of their fields."""
        places = [self.file.names.index(name) for name in self.format.key_columns]
        if len(places) == 1:
            (place,) = places
            return lambda fields: fields[place].strip()
        return lambda fields: next((text for at in places if (text := fields[at].strip())), "")


def told_by(csv: CsvFile, name: str) -> tuple[ExportFormat, dict[str, str]]:
    """The format of a file of this name, and its headings by field; InvalidRequestError when it cannot be imported."""
    format_ = recognize_format(load_export_formats(), csv.columns)
    found = format_.match_columns(csv.columns)
    if repeated := sorted({*found.values()} & csv.repeated):
        raise InvalidRequestError(
            f"The file's first line names these columns twice: {', '.join(repeated)}. Please rename one of each.",
            "repeated_columns",
        )
    if format_.check_file:
        format_.check_file(name, found)
    return format_, found


def opened(upload: Upload, defaults: Defaults, now: datetime) -> Opened:
    """The file with its format; InvalidRequestError when it cannot be imported."""
    csv, name = CsvFile(upload.stream), PurePosixPath(upload.key).name
    format_, found = told_by(csv, name)
    names = [*format_.columns, *(one for one in found if one not in format_.columns)]
    file = File(
        names,
        name,
        f"import/{_source(name)}",
        account_of(upload.key, format_),
        upload.at,
        now,
        to_text(now + FUTURE_TOLERANCE),
        defaults.currency,
        defaults.country,
        decimal_comma=csv.delimiter == ";",
        sells=upload.orders != ORDERS_ELSEWHERE,
    )
    return Opened(csv, format_, [found.get(name, "") for name in names], file)


def account_of(key: str, format_: ExportFormat) -> str:
    """The account in `imports/<channel>/<account>/<file>.csv`, '' for a format that is of no channel.

    InvalidRequestError when the file lies elsewhere: its orders would not be those that webhooks tell.
    """
    if not format_.channel:
        return ""
    match key.removeprefix(schema.IMPORTS_PREFIX).split("/"):
        case [channel, account, _] if channel == format_.channel and account.strip():
            return account
        case _:
            raise InvalidRequestError(
                f"The file is {format_.title}, but not where such a file says whose it is: "
                f"{schema.IMPORTS_PREFIX}{format_.channel}/<account>/. `regulars import` puts it there.",
                "missing_account",
            )


class Run:
    """One run over one upload."""

    def __init__(
        self,
        upload: Upload,
        of: Opened,
        resumed: tuple[Checkpoint, Progress],
        checkpoints: Checkpoints,
    ) -> None:
        self.upload = upload
        self.of = of
        self.parts = number_of_parts(upload.size)
        self._checkpoint, self.progress = resumed
        self._checkpoints = checkpoints
        self._contacts: dict[int, tuple[str, int]] = {}
        self._people: set[int] = set()

    def left(self) -> list[int]:
        """The parts that are not done yet."""
        return sorted({*range(self.parts)} - {*self.progress.finished})

    def finish(self, part: int) -> None:
        """Remember that a part is done; ConcurrentUpdateError when another run is at the same file."""
        self.progress.finished.append(part)
        self._save()

    def close(self) -> None:
        """Remember that the report is written: the next run begins anew."""
        self.progress.done = True
        self._save()

    def meet(self, drafts: Iterable[Draft]) -> None:
        """Count who the drafts speak of, by their e-mail address or else their first identifier."""
        before = len(self._people)
        for draft in drafts:
            known = draft.identifiers
            named = next(
                (one for one in known if one.namespace == "email"), next(iter(known), None)
            )
            if named:
                self._people.add(hash(named))
        self.progress.tally.people += len(self._people) - before

    def without_known_contact(self, draft: Draft) -> Draft:
        """The draft, its contact data left out when it is the newest that was told of the person: mostly told once."""
        if not (draft.contact and draft.identifiers):
            return draft
        who = hash(min(draft.identifiers, key=lambda one: _STRONGEST.index(one.namespace)))
        told = draft.event.occurred_at, hash(tuple(draft.contact.items()))
        newest = self._contacts.get(who, told)
        is_known = who in self._contacts and newest[1] == told[1]
        self._contacts[who] = max(newest, told)
        return msgspec.structs.replace(draft, contact={}) if is_known else draft

    def _save(self) -> None:
        state = msgspec.json.encode(self.progress).decode()
        self._checkpoint = self._checkpoints.save_checkpoint(
            msgspec.structs.replace(self._checkpoint, rows=self.progress.tally.rows, state=state)
        )


def _source(name: str) -> str:
    """The file's name as events carry it."""
    clean = clean_text(name)
    return "upload" if not clean or looks_personal(clean) else clean[:LONGEST_SOURCE]
