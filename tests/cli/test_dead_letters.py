"""`regulars dead-letters`: what is printed, and when the exit code says that something failed again."""

import pytest

from infra.cli.commands import dead_letters as command
from regulars.admin.dead_letters import DeadLetter
from tests.cli.conftest import CommandLine

LETTER = DeadLetter(
    id="4f2c8a1e-0000-0000-0000-000000000000",
    function="update_profiles",
    at="2026-11-20T10:00:00.000Z",
    why="RetriesExhausted",
    about=("e1", "e2", "e3", "e4"),
    queue="https://sqs.example.com/q",
    receipt="canary",
)


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> list[DeadLetter]:
    """The dead letters that the use case returns."""
    letters: list[DeadLetter] = []
    monkeypatch.setattr(command, "list_dead_letters", lambda *_: letters)
    return letters


def test_listed_letter_has_all_facts_and_no_receipt(
    cli: CommandLine, letters: list[DeadLetter]
) -> None:
    letters.append(LETTER)
    (listed,) = cli.result("dead-letters", "list")
    assert [*listed] == ["id", "function", "at", "why", "about"]
    assert listed["about"] == ["e1", "e2", "e3", "e4"]


def test_table_shortens_the_ids_of_a_batch(cli: CommandLine, letters: list[DeadLetter]) -> None:
    letters.append(LETTER)
    output = cli.output("dead-letters", "list")
    assert "4f2c8a1e-000  update_profiles" in output
    assert "e1, e2, e3 and 1 more" in output
    assert "regulars dead-letters redrive ID" in output


def test_no_letter_is_said(cli: CommandLine, letters: list[DeadLetter]) -> None:
    assert cli.output("dead-letters", "list").strip() == "There are no dead letters."


@pytest.mark.parametrize(("failure", "code"), [("", 0), ("OSError: No space left.", 1)])
def test_exit_code_says_whether_a_function_failed_again(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, failure: str, code: int
) -> None:
    monkeypatch.setattr(command, "redrive_dead_letters", lambda *_: {"id": failure})
    assert cli.result("dead-letters", "redrive", "--all", code=code) == {"id": failure}


def test_redrive_of_nothing_in_particular_is_explained(cli: CommandLine) -> None:
    assert "--function or --all" in cli.errors("dead-letters", "redrive", code=1)
