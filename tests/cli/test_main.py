"""The command line as a whole: exit codes, usage errors, and errors in one sentence with advice."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.cli import stack
from infra.cli.main import BROKEN_PIPE_CODE, COMMANDS, INTERRUPTED_CODE, build_parser, main
from infra.local import emulator

# The command line with a command that prints more than a pipe holds.
LIST_MUCH_SCRIPT = """
import sys
from infra.cli import main, terminal
from infra.cli.commands import sources
sources.run = lambda _: terminal.print_result([], ["line"] * 100_000, as_json=False) or 0
sys.exit(main.main())
"""
DENIED_ERROR = ClientError({"Error": {"Code": "AccessDenied", "Message": "No."}}, "GetItem")


@pytest.fixture
def stop_local_stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(emulator, "PROCESS_FILE", tmp_path / "process.json")


@pytest.mark.parametrize("command", [["status"], ["train"], ["verify"], ["keys", "list"]])
def test_command_says_make_up_when_nothing_runs(
    command: list[str], stop_local_stack: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == 1
    errors = capsys.readouterr().err
    assert "The local stack is not running." in errors
    assert "make up" in errors


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read"), ("{", "is not JSON")],
    ids=["missing", "broken"],
)
def test_invoke_names_the_event_file_when_unusable(
    content: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "event.json"
    if content is not None:
        file.write_text(content)
    assert main(["invoke", "build_dataset", "--event", str(file)]) == 1
    assert message in capsys.readouterr().err


def test_unknown_command_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as error:
        main(["dance"])
    assert error.value.code == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [(DENIED_ERROR, 1), (KeyboardInterrupt(), INTERRUPTED_CODE), (EOFError(), 130)],
)
def test_expected_error_ends_with_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail() -> Any:
        raise error

    monkeypatch.setattr(stack, "find_local_stack", fail)
    assert main(["status"]) == code


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("connect", "strype"), "Did you mean: stripe"),
        (("connect", "ses"), "ses-sns"),
        (("connect", "???"), "There are: brevo"),
        (("connect", "form", "--name", "a/b"), "cannot be in a URL"),
        (("connect", "form", "--name", "x" * 65), "cannot be in a URL"),
        (("connect", "form", "--name", ".."), "cannot be in a URL"),
        (("sources", "test", "form", ""), "cannot be in a URL"),
        (("connect", "form", "--url", "hooks.example.com/in"), "such as https://"),
        (("connect", "form", "--url", "https://a.example/in?b=1"), "such as https://"),
        (("logs", "build_dataset", "--minutes", "0"), "1 or more"),
        (("rejects", "--since", "yesterday"), "no day such as 2026-11-20"),
    ],
)
def test_wrong_value_is_a_usage_error_that_says_better_ones(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as error:
        build_parser().parse_args(words)
    assert error.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    # argparse ignores that nobody reads its help.
    [(["--help"], 0), (["connect", "--help"], 0), (["sources", "list"], BROKEN_PIPE_CODE)],
)
def test_output_whose_reader_has_gone_ends_quietly(words: list[str], code: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-c", LIST_MUCH_SCRIPT, *words]
    ended = subprocess.run(  # noqa: S603 (the command is this file's)
        command, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (code, b"")


def test_every_command_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    help_ = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n    {name} " not in help_] == []
