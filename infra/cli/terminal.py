"""Writes results to standard output, and messages and the progress of steps to standard error."""

import json
import re
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

QUIET_SECONDS = 2.0  # shorter steps show no progress
LOG_SECONDS = 10.0  # between two lines in a log file, which has no cursor
TICK_SECONDS = 0.2
# What a terminal obeys or hides: C0 but the line break, DEL, C1, line separators and marks of the text direction.
_CONTROL_CHARACTERS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


class Step:
    """One step of a command that may take a while."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = ""
        self.began = time.monotonic()
        self._ended = threading.Event()
        self._shown_at = 0.0

    @property
    def seconds(self) -> float:
        """The seconds since the step began."""
        return time.monotonic() - self.began

    def update(self, detail: object) -> None:
        """Set the detail that says how far the step is; the next tick shows it."""
        self.detail = str(detail)

    def show_until_end(self) -> None:
        """Show the progress until the end; it runs in its own thread, so that a blocking call cannot hide it."""
        while not self._ended.wait(TICK_SECONDS):
            if self.seconds >= QUIET_SECONDS:
                self._show_progress()

    def end(self, *, failed: bool) -> None:
        """Stop ticking and leave one line."""
        self._ended.set()
        mark = "failed" if failed else "done"
        detail = f"  {replace_controls(self.detail)}" if self.detail else ""
        clear = "\r\033[K" if sys.stderr.isatty() else ""
        _write_error(
            f"{clear}{replace_controls(self.title)} … {mark} in {self.seconds:.1f} s{detail}\n"
        )

    def _show_progress(self) -> None:
        text = replace_controls(f"{self.title} … {self.seconds:.0f} s  {self.detail}")
        if sys.stderr.isatty():
            _write_error(f"\r\033[K{text}")
        elif self.seconds - self._shown_at >= LOG_SECONDS:
            self._shown_at = self.seconds
            _write_error(f"{text}\n")


@contextmanager
def show_step(title: str) -> Iterator[Step]:
    """Show the progress of a step, and how it ended."""
    step = Step(title)
    threading.Thread(target=step.show_until_end, daemon=True).start()
    try:
        yield step
    except BaseException:
        step.end(failed=True)
        raise
    step.end(failed=False)


def print_message(text: str = "") -> None:
    """Write one line for a person to standard error."""
    _write_error(f"{replace_controls(text)}\n")


def replace_controls(text: str) -> str:
    """Return a text in which no character controls the terminal: the code of ESC in place of ESC itself.

    Text from outside, such as the name of a product, reaches the terminal of the owner.
    """
    return _CONTROL_CHARACTERS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def shorten_text(text: str, length: int = 40) -> str:
    """Return a text of at most `length` characters, so that one long value does not widen all rows of a table."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def print_result(result: Any, lines: Sequence[str], *, as_json: bool) -> None:
    """Write the result to standard output: as JSON for programs, as lines for people."""
    text = json.dumps(result, indent=2, ensure_ascii=False) if as_json else "\n".join(lines)
    sys.stdout.write(f"{replace_controls(text)}\n")
    sys.stdout.flush()


def format_table(rows: Sequence[Sequence[Any]], indent: str = "  ") -> list[str]:
    """Return rows as aligned columns, numbers to the right; a line break in a cell is escaped."""
    texts = [[replace_controls(str(cell)).replace("\n", "\\n") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    numbers = [[isinstance(cell, int | float) for cell in row] for row in rows]
    return [
        indent + "  ".join(map(_align_text, *columns)).rstrip()
        for columns in zip(texts, numbers, [widths] * len(rows), strict=True)
    ]


def _align_text(text: str, is_number: bool, width: int) -> str:  # noqa: FBT001 (one of three columns)
    return text.rjust(width) if is_number else text.ljust(width)


def _write_error(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
