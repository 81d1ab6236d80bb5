"""History from a CSV of order lines of any size: streamed, resumed where it stopped, never counted twice."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from regulars.channels.contract import Draft
from regulars.channels.order_lines import COLUMNS, REQUIRED, WHO, OrderLine, order_draft
from regulars.channels.scrub import clean_text, looks_personal
from regulars.domain.errors import InvalidRequestError
from regulars.domain.times import to_text
from regulars.ingestion.csv_file import CsvFile
from regulars.ingestion.order_groups import Dialect, grouped
from regulars.ingestion.partitions import drop, number_of_parts, part_rows, spill
from regulars.ingestion.recording import Recorder, fits
from regulars.ingestion.tally import Tally
from regulars.store.checkpoints import Checkpoint, Checkpoints
from regulars.store.uploads import Upload, Uploads

ORDERS_AT_ONCE = 100
MOST_RUNS = 50  # of one file; a gigabyte takes about five

type Clock = Callable[[], datetime]


class Progress(msgspec.Struct):
    """What a run leaves to the next: which parts are done, and what they came to."""

    started_at: str
    finished: list[int] = []
    tally: Tally = msgspec.field(default_factory=Tally)
    runs: int = 0
    done: bool = False


class History:
    """Imports uploads."""

    def __init__(
        self,
        uploads: Uploads,
        checkpoints: Checkpoints,
        recorder: Recorder,
        default_currency: str,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self._uploads = uploads
        self._checkpoints = checkpoints
        self._recorder = recorder
        self._default_currency = default_currency
        self._clock = clock

    def import_file(self, key: str, has_time: Callable[[], bool]) -> str:
        """Import a file, or go on with it: `done`, `continued` when the time did not suffice, or `failed`.

        Whatever it ends with is beside the file: the report, or the progress whose arrival starts the next run.
        Running it again, wholly or after a crash at any point, changes nothing but the report.
        """
        upload = self._uploads.open(key)
        try:
            file = CsvFile(upload.stream)
            _check_columns(file)
        except InvalidRequestError as error:
            failure = {"file": key, "status": "failed", "code": error.code, "message": str(error)}
            self._uploads.report(key, failure | Tally().told())
            return "failed"
        run = _Run(upload, file, self._resumed(upload), self._checkpoints)
        self._import_parts(run, has_time)
        return self._ended(run)

    def _resumed(self, upload: Upload) -> tuple[Checkpoint, Progress]:
        """Where the import of these very bytes stopped; the beginning when it never began or is done."""
        begun = Progress(to_text(self._clock()))
        known = self._checkpoints.read(upload.key)
        if known and known.etag == upload.etag:
            progress = msgspec.json.decode(known.state, type=Progress)
            return known, begun if progress.done else progress
        fresh = Checkpoint(upload.key, upload.etag, rev=known.rev if known else 0)
        return fresh, begun

    def _import_parts(self, run: "_Run", has_time: Callable[[], bool]) -> None:
        left = run.left()
        run.progress.runs += 1
        if run.progress.runs > MOST_RUNS:
            raise RuntimeError("The import makes no progress.")
        with TemporaryDirectory() as name:
            directory = Path(name)
            order_id = COLUMNS.index("order_id")
            spill(run.file.rows(COLUMNS), order_id, run.parts, left, directory)
            for part in left:
                self._import_part(run, directory, part)
                run.finish(part)
                drop(directory, part)
                if not has_time():
                    return

    def _import_part(self, run: "_Run", directory: Path, part: int) -> None:
        dialect = Dialect(run.file.delimiter == ";", self._default_currency)
        tally = run.progress.tally
        lines = grouped(part_rows(directory, part), dialect, self._clock(), tally.refuse)
        tally.default_currency_rows += lines.default_currency
        for orders in batched(lines.orders.values(), ORDERS_AT_ONCE, strict=False):
            self._import_orders(run, orders)

    def _import_orders(self, run: "_Run", orders: Iterable[list[OrderLine]]) -> None:
        now = self._clock()
        told = [
            (lines, run.without_known_contact(order_draft(lines, run.source, run.upload.at, now)))
            for lines in orders
        ]
        stored = [(lines, draft) for lines, draft in told if fits(draft.event)]
        recorded = self._recorder.record([draft for _, draft in stored])
        known = frozenset(recorded.known)
        for lines, draft in stored:
            run.progress.tally.take(len(lines), known=draft.event.id in known)
        for lines, draft in told:
            if not fits(draft.event):
                for line in lines:
                    run.progress.tally.refuse(line.number, "order_too_long")

    def _ended(self, run: "_Run") -> str:
        key, progress = run.upload.key, run.progress
        if run.left():
            self._uploads.continue_later(key, {"rows": progress.tally.rows, "runs": progress.runs})
            return "continued"
        self._uploads.report(key, self._report(run))
        run.close()
        return "done"

    def _report(self, run: "_Run") -> dict[str, Any]:
        return {
            "file": run.upload.key,
            "status": "done",
            "started_at": run.progress.started_at,
            "finished_at": to_text(self._clock()),
            "encoding": run.file.encoding,
            "delimiter": run.file.delimiter,
            "default_currency": self._default_currency,
            "runs": run.progress.runs,
            **run.progress.tally.told(),
        }


class _Run:
    """One run over one upload."""

    def __init__(
        self,
        upload: Upload,
        file: CsvFile,
        resumed: tuple[Checkpoint, Progress],
        checkpoints: Checkpoints,
    ) -> None:
        self.upload = upload
        self.file = file
        self.parts = number_of_parts(upload.size)
        self._checkpoint, self.progress = resumed
        self._checkpoints = checkpoints
        self._contacts: set[int] = set()

    @property
    def source(self) -> str:
        """The file's name as events carry it."""
        name = clean_text(PurePosixPath(self.upload.key).name)
        return "upload" if looks_personal(name) else name[:80]

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

    def without_known_contact(self, draft: Draft) -> Draft:
        """The draft, its contact data left out when a draft before it brought the same: once a person and file."""
        told = hash((draft.identifiers, *draft.contact.values()))
        if told in self._contacts:
            return msgspec.structs.replace(draft, contact={})
        self._contacts.add(told)
        return draft

    def _save(self) -> None:
        state = msgspec.json.encode(self.progress).decode()
        self._checkpoint = self._checkpoints.save(
            msgspec.structs.replace(self._checkpoint, rows=self.progress.tally.rows, state=state)
        )


def _check_columns(file: CsvFile) -> None:
    if repeated := [name for name in COLUMNS if name in file.repeated]:
        raise InvalidRequestError(
            f"The file's first line names these columns twice: {', '.join(repeated)}.",
            "repeated_columns",
        )
    missing = [name for name in REQUIRED if name not in file.columns]
    if not any(name in file.columns for name in WHO):
        missing.insert(0, "customer_id or email")
    if missing:
        raise InvalidRequestError(
            f"The file's first line lacks these columns: {', '.join(missing)}.", "missing_columns"
        )
