"""History from a CSV of any size: streamed, resumed where it stopped, never counted twice."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from regulars.channels.contract import Draft
from regulars.channels.exports.contract import TranslatedLines
from regulars.domain.errors import InvalidRequestError
from regulars.domain.times import to_text
from regulars.ingestion.imports.import_run import Defaults, Progress, Run, opened
from regulars.ingestion.imports.import_tally import Tally
from regulars.ingestion.imports.partitions import drop, part_rows, spill
from regulars.ingestion.recording import Recorder, fits
from regulars.store.checkpoints import Checkpoint, Checkpoints
from regulars.store.uploads import Upload, Uploads
from regulars.transport.logging import log_failure

ORDERS_AT_ONCE = 100
MOST_RUNS = 50  # of one file; a gigabyte takes about five

type Clock = Callable[[], datetime]


class History:
    """Imports uploads."""

    def __init__(
        self,
        uploads: Uploads,
        checkpoints: Checkpoints,
        recorder: Recorder,
        defaults: Defaults,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self._uploads = uploads
        self._checkpoints = checkpoints
        self._recorder = recorder
        self._defaults = defaults
        self._clock = clock

    def import_file(self, key: str, has_time: Callable[[], bool]) -> str:
        """Import a file, or go on with it: `done`, `continued` when the time did not suffice, or `failed`.

        Whatever it ends with is beside the file: the report, or the progress whose arrival starts the next run.
        Running it again, wholly or after a crash at any point, changes nothing but the report.
        """
        upload = self._uploads.open_upload(key)
        try:
            of = opened(upload, self._defaults, self._clock())
        except InvalidRequestError as error:
            return self._failed(key, error)
        run = Run(upload, of, self._resumed(upload), self._checkpoints)
        self._import_parts(run, has_time)
        return self._ended(run)

    def _failed(self, key: str, error: InvalidRequestError) -> str:
        failure = {"file": key, "status": "failed", "code": error.code, "message": str(error)}
        self._uploads.write_report(key, failure | Tally().told())
        return "failed"

    def _resumed(self, upload: Upload) -> tuple[Checkpoint, Progress]:
        """Where the import of these very bytes stopped; the beginning when it never began or is done."""
        begun = Progress(to_text(self._clock()))
        known = self._checkpoints.read_checkpoint(upload.key)
        if known and known.etag == upload.etag:
            progress = msgspec.json.decode(known.state, type=Progress)
            return known, begun if progress.done else progress
        fresh = Checkpoint(key=upload.key, etag=upload.etag, rev=known.rev if known else 0)
        return fresh, begun

    def _import_parts(self, run: Run, has_time: Callable[[], bool]) -> None:
        left = run.left()
        run.progress.runs += 1
        if run.progress.runs > MOST_RUNS:
            raise RuntimeError("The import makes no progress.")
        with TemporaryDirectory() as name:
            directory = Path(name)
            spill(run.of.csv.rows(run.of.headings), run.of.key, run.parts, left, directory)
            for part in left:
                self._import_part(run, directory, part)
                run.finish(part)
                drop(directory, part)
                if not has_time():
                    return

    def _import_part(self, run: Run, directory: Path, part: int) -> None:
        rows = part_rows(directory, part)
        groups = run.of.format.translate(rows, run.of.file, run.progress.tally.refuse)
        for told in batched(groups, ORDERS_AT_ONCE, strict=False):
            self._import_groups(run, told)

    def _import_groups(self, run: Run, groups: Iterable[TranslatedLines]) -> None:
        tally = run.progress.tally
        fitting = []
        for told in groups:
            if code := _obstacle(told):
                for line in told.lines:
                    tally.refuse(line, code)
            else:
                fitting.append(told._replace(drafts=[self._named(run, one) for one in told.drafts]))
        recorded = self._recorder.record([draft for told in fitting for draft in told.drafts])
        known = frozenset(recorded.known)
        for told in fitting:
            events = [draft.event for draft in told.drafts]
            tally.default_currency_rows += told.defaulted
            tally.take(len(told.lines), events, known=all(event.id in known for event in events))
            run.meet(told.drafts)

    def _named(self, run: Run, draft: Draft) -> Draft:
        known = run.without_known_contact(draft)
        return self._recorder.identified(known) if run.of.format.describes_people else known

    def _ended(self, run: Run) -> str:
        key, progress = run.upload.key, run.progress
        if run.left():
            self._uploads.write_progress(key, {"rows": progress.tally.rows, "runs": progress.runs})
            return "continued"
        if not progress.tally.rows:
            error = InvalidRequestError("The file has a first line, and no rows.", "no_rows")
            return self._failed(key, error)
        self._uploads.write_report(key, self._report(run))
        run.close()
        return "done"

    def _report(self, run: Run) -> dict[str, Any]:
        return {
            "file": run.upload.key,
            "status": "done",
            "started_at": run.progress.started_at,
            "finished_at": to_text(self._clock()),
            "format": run.of.format.title,
            "account": run.of.file.account,
            "encoding": run.of.csv.encoding,
            "delimiter": run.of.csv.delimiter,
            "default_currency": self._defaults.currency,
            "runs": run.progress.runs,
            **run.progress.tally.told(),
        }


def _obstacle(told: TranslatedLines) -> str:
    """Why what was told cannot be stored: a code of REASONS, '' when it can."""
    if told.fault:
        log_failure(told.fault, "import_history")
        return "untranslatable"
    return "" if all(fits(draft.event) for draft in told.drafts) else "order_too_long"
