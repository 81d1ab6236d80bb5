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


def bounded(name: str, value: float, unit: str, at_most: float | None) -> Row:
    """A figure that must not be over its bound, if it has one."""
    target = "" if at_most is None else f"<= {at_most}"
    return Row(
        name, round(value, 3), unit, target=target, ok=None if at_most is None else value <= at_most
    )


def quality(name: str, value: float, peer: float, *, less: bool = False) -> Row:
    """A figure that must be better than a peer's on the same people."""
    better = value <= peer if less else value >= peer
    target = "ratio <= 1" if less else "ratio >= 1"
    return Row(name, round(value, 4), "", round(peer, 4), round(value / peer, 3), target, better)


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
