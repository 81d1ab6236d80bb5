"""Describes in one line how far the provider of a source was read."""

from regulars.admin.reconciliation import ReconciliationStatus


def describe_reconciliation(status: ReconciliationStatus | None) -> str:
    """Return `2026-11-22 10:00`, `orders: key refused since 2026-11-20 07:00`, or `-` for never."""
    if status is None:
        return "-"
    faults = [
        f"{feed}: {fault.code.replace('_', ' ')} since {_to_minute(fault.since)}"
        for feed, fault in status.faults.items()
    ]
    return "; ".join(faults) or _to_minute(status.at)


def _to_minute(at: str) -> str:
    return at[:16].replace("T", " ")
