"""Journals the stream records that are not read yet and how far each consumer is, so that a stream goes on after a restart."""

import json
import time
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import dynamodb, lambda_svc

from infra.local.journal.commits import Commits
from infra.local.journal.database import Database, delete_records, put_position, put_record


class JournaledPositions(AccountRegionScopedDict):  # type: ignore[misc]  # the emulator ships no types
    """The position of each consumer in its stream."""

    commits: Commits

    def __setitem__(self, consumer: str, position: int) -> None:
        """Journal a position that changed; the emulator sets it on every poll."""
        if self.get(consumer) != position:
            self.commits.add_statement(put_position(consumer, position))
        super().__setitem__(consumer, position)


class StreamJournal:
    """The streams of all tables in the journal. A position counts from the first record of the stream, never from a start."""

    def __init__(self, database: Database, commits: Commits) -> None:
        self._database = database
        self._commits = commits
        self._emit_stream_event = dynamodb._emit_stream_event
        self._restore_state = lambda_svc._restore_state
        self._read_ends: dict[str, int] = {}

    def install(self) -> None:
        """Replace the functions through which the emulator emits records, and its positions."""
        JournaledPositions.commits = self._commits
        lambda_svc._dynamodb_stream_positions = JournaledPositions()
        dynamodb._emit_stream_event = self.record_change
        lambda_svc._restore_state = self.restore_state

    def record_change(self, table: str, *arguments: Any, **options: Any) -> None:
        """Journal the record of a change, if the table has a stream."""
        end = dynamodb.stream_end_position(table)
        self._emit_stream_event(table, *arguments, **options)
        if dynamodb.stream_end_position(table) > end:
            record = dynamodb.stream_live_records(table)[-1]
            statement = put_record(record["eventSourceARN"], end, json.dumps(record))
            self._commits.add_statement(statement)

    def restore_state(self, state: dict[str, Any]) -> None:
        """Restore the functions from their file, and their positions and streams from the journal.

        The positions in the file count from the start of a process that is gone.
        """
        self._restore_state(state)
        positions = self._database.read_positions()
        lambda_svc._dynamodb_stream_positions.clear()
        for key, table in dynamodb._tables.all_items():
            consumers = _list_consumers(table)
            self._restore_stream(key, table, [positions.get(name, 0) for name in consumers])
        for (account, region, consumer), _ in lambda_svc._esms.all_items():
            position = positions.get(consumer, 0)
            lambda_svc._dynamodb_stream_positions.set_scoped(account, region, consumer, position)

    def forget_read_records(self) -> None:
        """Remove the records that every consumer has read."""
        for _, table in dynamodb._tables.all_items():
            stream = table.get("LatestStreamArn") or ""
            positions = map(_find_position, _list_consumers(table))
            end = min(positions, default=0)
            if end > self._read_ends.get(stream, 0):
                self._read_ends[stream] = end
                self._commits.add_statement(delete_records(stream, end))

    def _restore_stream(
        self, key: tuple[str, str, str], table: dict[str, Any], positions: list[int]
    ) -> None:
        """Restore the records of one stream; without any, the stream goes on where its last consumer is."""
        rows = self._database.list_records(table.get("LatestStreamArn") or "")
        records = [json.loads(record) for _, record in rows]
        for record in records:
            # The emulator drops records after 24 hours; the time for which it did not run does not count.
            record["dynamodb"]["ApproximateCreationDateTime"] = int(time.time())
        first = rows[0][0] if rows else max(positions, default=0)
        dynamodb._stream_trimmed.set_scoped(*key, first)
        dynamodb._stream_records.set_scoped(*key, records)


def _list_consumers(table: dict[str, Any]) -> list[str]:
    stream = table.get("LatestStreamArn")
    sources = lambda_svc._esms.all_items()
    return [key[2] for key, source in sources if stream and source["EventSourceArn"] == stream]


def _find_position(consumer: str) -> int:
    positions = lambda_svc._dynamodb_stream_positions.all_items()
    return next((position for key, position in positions if key[2] == consumer), 0)
