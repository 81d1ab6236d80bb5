"""What the owner sees: steps with their progress on standard error, facts on standard output."""

import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

QUIET_SECONDS = 2.0  # shorter steps show no progress
PLAIN_SECONDS = 10.0  # how often a log file without a cursor is told that something still runs


class Step:
    """One thing that takes a while; `note` says how far it is."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = ""
        self.began = time.monotonic()
        self._ended = threading.Event()
        self._shown = 0.0

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self.began

    def note(self, detail: str) -> None:
        """Say how far it is; shown with the next tick."""
        self.detail = detail

    def tick(self) -> None:
        """Show progress until `end`; runs in a thread of its own, so a blocking call cannot hide it."""
        while not self._ended.wait(0.2):
            if self.seconds >= QUIET_SECONDS:
                self._show()

    def end(self, *, failed: bool) -> None:
        """Stop ticking and leave one line."""
        self._ended.set()
        mark = "failed" if failed else "done"
        detail = f"  {self.detail}" if self.detail else ""
        clear = "\r\033[K" if sys.stderr.isatty() else ""
        _write(f"{clear}{self.title} … {mark} in {self.seconds:.1f} s{detail}\n")

    def _show(self) -> None:
        text = f"{self.title} … {self.seconds:.0f} s  {self.detail}"
        if sys.stderr.isatty():
            _write(f"\r\033[K{text}")
        elif self.seconds - self._shown >= PLAIN_SECONDS:
            self._shown = self.seconds
            _write(f"{text}\n")


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Show a step's progress and how it ended."""
    current = Step(title)
    ticking = threading.Thread(target=current.tick, daemon=True)
    ticking.start()
    try:
        yield current
    except BaseException:
        current.end(failed=True)
        raise
    current.end(failed=False)


def say(text: str = "") -> None:
    """One line for a person, beside the facts."""
    _write(f"{text}\n")


def show(facts: Any, lines: Sequence[str], *, as_json: bool) -> None:
    """The facts themselves: JSON for programs, lines for people."""
    sys.stdout.write(
        json.dumps(facts, indent=2, ensure_ascii=False) if as_json else "\n".join(lines)
    )
    sys.stdout.write("\n")
    sys.stdout.flush()


def table(rows: Sequence[Sequence[Any]], indent: str = "  ") -> list[str]:
    """Rows as aligned columns; numbers to the right."""
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    return [
        indent + "  ".join(_aligned(*pair) for pair in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _aligned(cell: Any, width: int) -> str:
    return str(cell).rjust(width) if isinstance(cell, int | float) else str(cell).ljust(width)


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
