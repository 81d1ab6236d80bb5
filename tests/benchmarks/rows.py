"""What a benchmark found: one row a figure, beside its baseline and its target."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """A figure; `target` bounds the ratio to the baseline where there is one, else the value.

    `ok` is None where nothing was promised, or where nothing could be measured (then `note` says why).
    """

    name: str
    value: float | None
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    target: str = ""
    ok: bool | None = None
    note: str = ""


def compared(name: str, value: float, unit: str, baseline: float, at_most: float | None) -> Row:
    """A figure beside its baseline, with a bound on their ratio."""
    ratio = value / baseline
    target = "" if at_most is None else f"ratio <= {at_most}"
    ok = None if at_most is None else ratio <= at_most
    return Row(name, round(value, 3), unit, round(baseline, 3), round(ratio, 3), target, ok)


def bounded(name: str, value: float, unit: str, at_most: float) -> Row:
    """A figure that must not be over its bound."""
    return Row(name, round(value, 3), unit, target=f"<= {at_most}", ok=value <= at_most)


def ahead(name: str, value: float, unit: str, baseline: float, at_least: float) -> Row:
    """A figure where more is better, beside a peer's and with its bound."""
    ratio = value / baseline if baseline else None
    return Row(name, value, unit, baseline, ratio, f">= {at_least}", value >= at_least)


def skipped(name: str, unit: str, why: str) -> Row:
    """A figure that could not be measured here."""
    return Row(name, None, unit, note=why)


def written(rows: Iterable[Row], path: Path) -> None:
    """The rows as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")


def table(rows: Iterable[Row]) -> str:
    """The rows for the eye."""
    heads = ("", "value", "unit", "baseline", "ratio", "target", "")
    lines = [heads, *map(_cells, rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    numbers = ["" if one is None else f"{one:,.3f}" for one in (row.value, row.baseline, row.ratio)]
    verdict = {True: "ok", False: "MISSED", None: row.note}[row.ok]
    return (row.name, numbers[0], row.unit, *numbers[1:], row.target, verdict)
