"""Map the status of a payment in an exported Stripe file to the state of a payment."""

from regulars.channels.exports.cells import parse_yes_no
from regulars.channels.exports.contract import Line

_PAID_STATUSES = {
    "paid",
    "succeeded",
    "refunded",
    "partially refunded",
    "partial refund",
    "disputed",
}
_PENDING_STATUSES = {"pending", "processing", "incomplete"}
_FAILED_STATUSES = {"failed", "blocked", "canceled", "cancelled", "expired"}


def read_status(line: Line) -> str:
    """Return Succeeded, Authorized, Pending or Failed; '' for an unknown status."""
    status_text = line.fields["status"].strip().lower().replace("_", " ")
    if status_text in _PAID_STATUSES:
        return "Authorized" if parse_yes_no(line.fields["captured"]) is False else "Succeeded"
    if status_text in _FAILED_STATUSES:
        return "Failed"
    if status_text in {"uncaptured", "requires capture"}:
        return "Authorized"
    return (
        "Pending" if status_text in _PENDING_STATUSES or status_text.startswith("requires ") else ""
    )
