"""The command line on a deployment on moto: what it prints, and with which exit code."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from infra.cli import main, stack
from infra.cli.stack import Stack
from tests.support.aws import MotoStack
from tests.support.deployment import build_deployment


@dataclass(frozen=True)
class CommandLine:
    """Runs `regulars`, and returns what it prints."""

    capture: pytest.CaptureFixture[str]

    def result(self, *words: object, code: int = 0) -> Any:
        """Run with --json; return the result after the exit code was checked."""
        return json.loads(self.output(*words, "--json", code=code))

    def output(self, *words: object, code: int = 0) -> str:
        """Return the standard output after the exit code was checked."""
        return self._run(words, code)[0]

    def errors(self, *words: object, code: int = 0) -> str:
        """Return the standard error after the exit code was checked."""
        return self._run(words, code)[1]

    def _run(self, words: tuple[object, ...], code: int) -> tuple[str, str]:
        self.capture.readouterr()
        assert main.main([*map(str, words)]) == code
        captured = self.capture.readouterr()
        return captured.out, captured.err


@pytest.fixture
def cli(
    aws: MotoStack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """The command line, for which the deployment on moto is the local stack."""
    select(monkeypatch, Stack(build_deployment(), is_local=True))
    return CommandLine(capsys)


def select(monkeypatch: pytest.MonkeyPatch, selected: Stack) -> None:
    """Make a stack the local one."""
    monkeypatch.setattr(stack, "find_local_stack", lambda: selected)
