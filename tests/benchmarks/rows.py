"""Define the rows of a benchmark report: one figure per row, beside its baseline and its target."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


class MissingRequirementError(Exception):
    """A benchmark cannot run on this machine; the message says what is missing and how to get it."""


@dataclass(frozen=True)
class BenchmarkRow:
    """One figure; `target` bounds the ratio to the baseline when there is one, the value otherwise.

    `ok` is None when there is no target, or when nothing was measured; `note` then gives the reason.
    """

    name: str
    value: float | None
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    target: str = ""
    ok: bool | None = None
    note: str = ""


def create_ratio_row(
    name: str, value: float, unit: str, baseline: float, max_ratio: float | None
) -> BenchmarkRow:
    """Return a figure beside its baseline, with a bound on their ratio."""
    ratio = value / baseline
    return BenchmarkRow(
        name=name,
        value=round(value, 3),
        unit=unit,
        baseline=round(baseline, 3),
        ratio=round(ratio, 3),
        target="" if max_ratio is None else f"ratio <= {max_ratio}",
        ok=None if max_ratio is None else ratio <= max_ratio,
    )


def create_bounded_row(name: str, value: float, unit: str, maximum: float | None) -> BenchmarkRow:
    """Return a figure with an upper bound, if it has one."""
    return BenchmarkRow(
        name=name,
        value=round(value, 3),
        unit=unit,
        target="" if maximum is None else f"<= {maximum}",
        ok=None if maximum is None else value <= maximum,
    )


def create_quality_row(
    name: str, value: float, peer: float, *, less_is_better: bool = False
) -> BenchmarkRow:
    """Return a figure that must be at least as good as a peer's on the same people."""
    return BenchmarkRow(
        name=name,
        value=round(value, 4),
        unit="",
        baseline=round(peer, 4),
        ratio=round(value / peer, 3),
        target="ratio <= 1" if less_is_better else "ratio >= 1",
        ok=value <= peer if less_is_better else value >= peer,
    )


def create_skipped_row(name: str, reason: str) -> BenchmarkRow:
    """Return the row of a benchmark that cannot run here."""
    return BenchmarkRow(name=name, value=None, unit="", note=f"skipped: {reason}")


def write_rows(rows: Iterable[BenchmarkRow], path: Path) -> None:
    """Write the rows as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")


def format_table(rows: Iterable[BenchmarkRow]) -> str:
    """Return the rows as a table of text."""
    heads = ("", "value", "unit", "baseline", "ratio", "target", "")
    lines = [heads, *map(_format_cells, rows)]
    # The last column is not padded: a note may be long.
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads) - 1)]
    return "\n".join(
        "  ".join(
            (*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1])
        ).rstrip()
        for line in lines
    )


def _format_cells(row: BenchmarkRow) -> tuple[str, ...]:
    figures = (row.value, row.baseline, row.ratio)
    numbers = ["" if figure is None else f"{figure:,.3f}" for figure in figures]
    verdict = {True: "ok", False: "MISSED", None: row.note}[row.ok]
    return (row.name, numbers[0], row.unit, *numbers[1:], row.target, verdict)
