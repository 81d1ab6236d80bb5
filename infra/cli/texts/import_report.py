"""Describes an export before its import, and the report after it."""

from datetime import datetime
from typing import Any

from infra.cli.terminal import format_table
from regulars.admin.export_files import ExportFile
from regulars.admin.imports import ImportReport
from regulars.admin.unfinished_imports import UnfinishedImport
from regulars.domain.texts import format_count

MAX_SHOWN_REFUSALS = 10
DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SHOWN_FIELDS = (
    *("status", "code", "message", "format", "account", "encoding", "delimiter"),
    *("rows", "imported", "known", "refused", "orders", "known_orders", "people", "tests"),
)
OMITTED_VALUES = {"known_orders": 0, "tests": 0, "orders": 0}  # not worth a line


def describe_export(export: ExportFile, account: str, *, without_orders: bool = False) -> str:
    """Return what a file is, in one line."""
    facts = [
        export.format.title,
        *([f"account {account}"] if account else []),
        *(["its orders are reported by a shop"] if without_orders else []),
        f"about {format_count(export.rows, 'row')}",
        f"separated by {DELIMITER_NAMES[export.delimiter]}",
        export.encoding,
    ]
    return f"{export.name}: {', '.join(facts)}"


def describe_report(report: ImportReport) -> list[str]:
    """Return the name of the file, its fields, and its refusals by reason and by line."""
    refusals = report.get("refusals", [])
    reasons = {refusal["code"]: refusal["reason"] for refusal in refusals}
    counts = [(count, reasons.get(code, code)) for code, count in report.get("reasons", {}).items()]
    first = [(refusal["line"], refusal["code"]) for refusal in refusals[:MAX_SHOWN_REFUSALS]]
    return [
        report["file"],
        *format_table(_list_fields(report)),
        *(["Refused, by reason", *format_table(counts)] if counts else []),
        *(["Refused first, by line", *format_table(first)] if first else []),
        *(_list_next_steps(report) if counts else []),
    ]


def _list_next_steps(report: ImportReport) -> list[str]:
    return [
        f"The report with the refused lines: {report['report']}, or `regulars import --json`",
        "Next: correct these lines and import the file again. What was imported stays and counts once.",
    ]


def describe_unfinished(unfinished: UnfinishedImport, now: datetime) -> str:
    """Return how far an import without a report is, and what helps when it stopped."""
    progress = f"{unfinished.rows} rows, last progress {unfinished.active_at}"
    if unfinished.is_stopped(now):
        return f"stopped: {progress}; continue with `regulars import --resume`"
    return f"running: {progress}"


def _list_fields(report: ImportReport) -> list[tuple[Any, ...]]:
    fields: list[tuple[Any, ...]] = [
        (name, report[name])
        for name in SHOWN_FIELDS
        if report.get(name) not in {None, "", OMITTED_VALUES.get(name)}
    ]
    for name in ("money", "refunded"):
        fields += [(name, f"{units} {code}") for code, units in report.get(name, {}).items()]
    if report.get("first"):
        fields.append(("from … to", f"{report['first'][:10]} … {report['last'][:10]}"))
    return fields
