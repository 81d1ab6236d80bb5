"""Import history from a CSV of any size: as a stream, resumable after any interruption, without counting twice."""

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
from regulars.ingestion.imports.import_run import (
    ImportDefaults,
    ImportProgress,
    ImportRun,
    recognize_upload,
)
from regulars.ingestion.imports.import_tally import ImportTally
from regulars.ingestion.imports.partitions import delete_part, read_part, write_parts
from regulars.ingestion.recording import Recorder, fits_ledger
from regulars.store.checkpoints import Checkpoint, Checkpoints
from regulars.store.uploads import Upload, Uploads
from regulars.transport.logging import log_failure

RECORD_BATCH_ORDERS = 100
MAX_RUNS = 50  # of one file; a gigabyte takes about five

type Clock = Callable[[], datetime]


class HistoryImporter:
    """Imports uploaded files."""

    def __init__(
        self,
        uploads: Uploads,
        checkpoints: Checkpoints,
        recorder: Recorder,
        defaults: ImportDefaults,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self._uploads = uploads
        self._checkpoints = checkpoints
        self._recorder = recorder
        self._defaults = defaults
        self._clock = clock

    def import_file(self, key: str, has_time: Callable[[], bool]) -> str:
        """Import a file, or continue its import; return `done`, `continued` when time ran out, or `failed`.

        The result is written beside the file: the report, or the progress, whose upload event starts the next run.
        Running it again, completely or after a crash at any point, changes nothing but the report.
        """
        upload = self._uploads.open_upload(key)
        try:
            recognized = recognize_upload(upload, self._defaults, self._clock())
        except InvalidRequestError as error:
            return self._report_failure(key, error)
        run = ImportRun(upload, recognized, self._resume_import(upload), self._checkpoints)
        self._import_parts(run, has_time)
        return self._end_run(run)

    def _report_failure(self, key: str, error: InvalidRequestError) -> str:
        failure = {"file": key, "status": "failed", "code": error.code, "message": str(error)}
        self._uploads.write_report(key, failure | ImportTally().to_report())
        return "failed"

    def _resume_import(self, upload: Upload) -> tuple[Checkpoint, ImportProgress]:
        """Return where the import of these very bytes stopped; the beginning when it never began or is done."""
        beginning = ImportProgress(to_text(self._clock()))
        checkpoint = self._checkpoints.read_checkpoint(upload.key)
        if checkpoint and checkpoint.etag == upload.etag:
            progress = msgspec.json.decode(checkpoint.state, type=ImportProgress)
            return checkpoint, beginning if progress.done else progress
        rev = checkpoint.rev if checkpoint else 0
        return Checkpoint(key=upload.key, etag=upload.etag, rev=rev), beginning

    def _import_parts(self, run: ImportRun, has_time: Callable[[], bool]) -> None:
        parts, file = run.list_remaining_parts(), run.recognized
        run.progress.runs += 1
        if run.progress.runs > MAX_RUNS:
            raise RuntimeError("The import makes no progress.")
        with TemporaryDirectory() as name:
            directory = Path(name)
            rows = file.csv.read_rows(file.headings)
            write_parts(rows, file.row_key, run.part_count, parts, directory)
            for part in parts:
                self._import_part(run, directory, part)
                run.finish_part(part)
                delete_part(directory, part)
                if not has_time():
                    return

    def _import_part(self, run: ImportRun, directory: Path, part: int) -> None:
        rows, tally = read_part(directory, part), run.progress.tally
        groups = run.recognized.format.translate(rows, run.recognized.file, tally.count_refusal)
        for batch in batched(groups, RECORD_BATCH_ORDERS, strict=False):
            self._import_groups(run, batch)

    def _import_groups(self, run: ImportRun, groups: Iterable[TranslatedLines]) -> None:
        tally = run.progress.tally
        accepted_groups = []
        for group in groups:
            if code := _find_obstacle(group):
                for line in group.lines:
                    tally.count_refusal(line, code)
            else:
                drafts = [self._prepare_draft(run, draft) for draft in group.drafts]
                accepted_groups.append(group._replace(drafts=drafts))
        recorded = self._recorder.record(
            [draft for group in accepted_groups for draft in group.drafts]
        )
        known_ids = frozenset(recorded.known)
        for group in accepted_groups:
            events = [draft.event for draft in group.drafts]
            is_known = all(event.id in known_ids for event in events)
            tally.default_currency_rows += group.defaulted
            tally.count_lines(len(group.lines), events, known=is_known)
            run.count_people(group.drafts)

    def _prepare_draft(self, run: ImportRun, draft: Draft) -> Draft:
        draft = run.without_known_contact(draft)
        if run.recognized.format.describes_people:
            return self._recorder.add_subjects_to_id(draft)
        return draft

    def _end_run(self, run: ImportRun) -> str:
        key, progress = run.upload.key, run.progress
        if run.list_remaining_parts():
            self._uploads.write_progress(key, {"rows": progress.tally.rows, "runs": progress.runs})
            return "continued"
        if not progress.tally.rows:
            error = InvalidRequestError("The file has a first line, and no rows.", "no_rows")
            return self._report_failure(key, error)
        self._uploads.write_report(key, self._build_report(run))
        run.close()
        return "done"

    def _build_report(self, run: ImportRun) -> dict[str, Any]:
        return {
            "file": run.upload.key,
            "status": "done",
            "started_at": run.progress.started_at,
            "finished_at": to_text(self._clock()),
            "format": run.recognized.format.title,
            "account": run.recognized.file.account,
            "encoding": run.recognized.csv.encoding,
            "delimiter": run.recognized.csv.delimiter,
            "default_currency": self._defaults.currency,
            "runs": run.progress.runs,
            **run.progress.tally.to_report(),
        }


def _find_obstacle(group: TranslatedLines) -> str:
    """Return the code of the reason why the lines cannot be stored; '' when they can."""
    if group.fault:
        log_failure(group.fault, "import_history")
        return "untranslatable"
    return "" if all(fits_ledger(draft.event) for draft in group.drafts) else "order_too_long"
