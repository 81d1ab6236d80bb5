"""What is printed: tables for people, steps with how they ended, and advice for every error."""

import inspect
import json

import pytest

from infra.cli import advice
from infra.cli.terminal import format_table, print_message, print_result, show_step
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


HOSTILE_TEXTS = (
    "\x1b]0;owned\x07",
    "\x9b31m",
    "\u202egnp.exe",
    "a\rb",
    "\x7f\x00\x08",
    "\u2066\u2028\u2029\u061c",
)
HOSTILE_CHARACTERS = {character for text in HOSTILE_TEXTS for character in text} - {
    *"0;ownedgp.x31mab]"
}


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
@pytest.mark.parametrize("as_json", [True, False])
def test_text_from_outside_does_not_control_the_terminal(
    capsys: pytest.CaptureFixture[str], text: str, as_json: bool
) -> None:
    lines = [text, *format_table([(text, 1)])]
    print_result({"name": text}, lines, as_json=as_json)
    print_message(text)
    with show_step(text) as step:
        step.update(text)
    shown = capsys.readouterr()
    assert HOSTILE_CHARACTERS.isdisjoint(shown.out + shown.err)
    if as_json:
        assert json.loads(shown.out) == {"name": text}


def test_line_break_in_a_cell_makes_no_row() -> None:
    assert format_table([("a\nb\tc", 5)]) == ["  a\\nb\\u0009c  5"]


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
