"""The journal of the local stack without an emulator: what is acknowledged is on disk, and a failed write ends the process."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.journal import commits as journal_commits
from infra.local.journal import database as journal
from infra.local.journal.commits import Commits, write_durably
from infra.local.journal.database import Database
from infra.local.places import ROOT_FOLDER

FAILING_PROGRAM = """
import asyncio, sys
from pathlib import Path
from infra.local.journal.commits import Commits
from infra.local.journal.database import Database
folder = Path(sys.argv[1])
commits = Commits(Database(folder))
commits.add_statement(("INSERT INTO no_table VALUES (1)", ()))
asyncio.run(commits.wait())
print("acknowledged")
"""


@pytest.fixture
def commits(tmp_path: Path) -> Commits:
    return Commits(Database(tmp_path))


def read_items(folder: Path) -> list[tuple[str, str, str]]:
    """Return the items of the table `t` as another process sees them."""
    with sqlite3.connect(folder / journal.FILE_NAME) as connection:
        return list(connection.execute("SELECT pk, sk, item FROM items WHERE table_id = 't'"))


def test_wait_ends_when_all_changes_are_stored(commits: Commits, tmp_path: Path) -> None:
    commits.add_statement(journal.put_item("t", "a", "1", "{}"))
    commits.add_statement(journal.put_item("t", "b", "1", "{}"))
    commits.add_statement(journal.delete_item("t", "b", "1"))
    commits.write_file(tmp_path / "service.json", "state")
    asyncio.run(commits.wait())
    assert read_items(tmp_path) == [("a", "1", "{}")]
    assert (tmp_path / "service.json").read_text() == "state"


def test_many_waiters_share_batches(commits: Commits, tmp_path: Path) -> None:
    async def store(number: int) -> None:
        commits.add_statement(journal.put_item("t", str(number), "", "{}"))
        await commits.wait()
        assert any(pk == str(number) for pk, _, _ in read_items(tmp_path))

    async def store_all() -> None:
        await asyncio.gather(*map(store, range(50)))

    asyncio.run(store_all())
    assert len(read_items(tmp_path)) == 50


def test_changes_under_the_lock_are_stored_together(
    commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    monkeypatch.setattr(
        commits, "_write_batch", lambda batch: batches.append(len(batch.statements))
    )
    with commits.lock:
        for number in range(100):
            commits.add_statement(journal.put_item("t", str(number), "", "{}"))
    asyncio.run(commits.wait())
    assert batches == [100]


def test_wait_does_not_write_when_nothing_changed(
    commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(commits.wait())
    monkeypatch.setattr(journal_commits, "write_durably", None)  # would fail
    asyncio.run(commits.wait())


def test_failed_write_ends_the_process_before_the_acknowledgment(tmp_path: Path) -> None:
    finished = subprocess.run(  # noqa: S603  (a program of this test)
        [sys.executable, "-c", FAILING_PROGRAM, str(tmp_path)],
        cwd=ROOT_FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == journal_commits.FAILURE_CODE
    assert "acknowledged" not in finished.stdout


def test_stream_continues_at_the_stored_positions(tmp_path: Path) -> None:
    database = Database(tmp_path)
    statements = [journal.put_record("stream", number, str(number)) for number in range(5)]
    database.commit([*statements, journal.delete_records("stream", 3)])
    database.commit([journal.put_position("profiles", 3), journal.put_position("profiles", 4)])
    assert Database(tmp_path).list_records("stream") == [(3, "3"), (4, "4")]
    assert Database(tmp_path).read_positions() == {"profiles": 4}


def test_invocation_is_pending_until_it_ends(tmp_path: Path) -> None:
    assert journal.list_pending_events(tmp_path) == []
    database = Database(tmp_path)
    database.commit(
        [journal.put_invocation("1", "f", "first"), journal.put_invocation("2", "f", "second")]
    )
    database.commit([journal.delete_invocation("1")])
    assert journal.list_pending_events(tmp_path) == ["second"]


def test_unfinished_file_never_replaces_the_whole_one(tmp_path: Path) -> None:
    write_durably(tmp_path / "state.json", "whole")
    with pytest.raises(UnicodeEncodeError):
        write_durably(tmp_path / "state.json", "\ud800")
    assert (tmp_path / "state.json").read_text() == "whole"
