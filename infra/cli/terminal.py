"""Writes results to standard output, and messages and the progress of steps to standard error."""

import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

QUIET_SECONDS = 2.0  # shorter steps show no progress
LOG_SECONDS = 10.0  # between two lines in a log file, which has no cursor
TICK_SECONDS = 0.2


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
        detail = f"  {self.detail}" if self.detail else ""
        clear = "\r\033[K" if sys.stderr.isatty() else ""
        _write_error(f"{clear}{self.title} … {mark} in {self.seconds:.1f} s{detail}\n")

    def _show_progress(self) -> None:
        text = f"{self.title} … {self.seconds:.0f} s  {self.detail}"
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
    _write_error(f"{text}\n")


def print_result(result: Any, lines: Sequence[str], *, as_json: bool) -> None:
    """Write the result to standard output: as JSON for programs, as lines for people."""
    sys.stdout.write(
        json.dumps(result, indent=2, ensure_ascii=False) if as_json else "\n".join(lines)
    )
    sys.stdout.write("\n")
    sys.stdout.flush()


def format_table(rows: Sequence[Sequence[Any]], indent: str = "  ") -> list[str]:
    """Return rows as aligned columns, numbers to the right."""
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    return [
        indent + "  ".join(_format_cell(*pair) for pair in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _format_cell(cell: Any, width: int) -> str:
    return str(cell).rjust(width) if isinstance(cell, int | float) else str(cell).ljust(width)


def _write_error(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
