"""What is printed: tables for people, steps with how they ended, and advice for every error."""

import inspect

import pytest

from infra.cli import advice
from infra.cli.terminal import format_table, show_step
from regulars.admin import errors
from regulars.domain.errors import RegularsError

# The command line refuses the last two as usage errors.
WITHOUT_ADVICE = {
    errors.EmptyExportError,
    errors.InvalidSourceNameError,
    errors.InvalidUrlError,
}


def test_table_aligns_numbers_to_the_right() -> None:
    assert format_table([("a", 5), ("bcd", 10)]) == ["  a     5", "  bcd  10"]


def test_step_leaves_one_line_with_its_detail(capsys: pytest.CaptureFixture[str]) -> None:
    with show_step("Counting") as step:
        step.update(3)
    assert capsys.readouterr().err == "Counting … done in 0.0 s  3\n"


def test_failed_step_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="no"), show_step("Counting"):
        raise ValueError("no")
    assert "Counting … failed" in capsys.readouterr().err


def test_every_error_of_the_use_cases_has_advice() -> None:
    classes = {
        cls
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, RegularsError) and cls.__module__ == errors.__name__
    }
    assert classes - advice._ADVICE.keys() == WITHOUT_ADVICE
