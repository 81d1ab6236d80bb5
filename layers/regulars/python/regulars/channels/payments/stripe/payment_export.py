"""Stripe payments, as the Dashboard exports them.

In Stripe's Dashboard: Transactions → Payments → Export, *UTC*, the range of dates, *All columns* (the default columns
suffice, too) → Export. Stripe's own names of the columns are understood, in any order.

The account is the one of `regulars connect stripe`. A sale is one order, whose id is the PaymentIntent's, or else the
charge's, as with the webhooks. A payment that failed or is pending, and one that is authorised but not captured, is told
and not counted; what is in test mode is kept and never counted.

Kept: ids, amounts, refunds, currency, method and status; customer id, e-mail and name apart. Not read: descriptions,
cards, addresses.
"""

from typing import Any

from regulars.channels.contract import Draft
from regulars.channels.exports.buyers import buyer
from regulars.channels.exports.contract import (
    ExportFormat,
    File,
    Line,
    RefuseLine,
    build_group_translator,
)
from regulars.channels.exports.drafts import draft_of, named, snapshot, store_of
from regulars.channels.exports.fields import (
    amount_in,
    answer_in,
    id_in,
    order_id_in,
    required_amount,
)
from regulars.channels.exports.times import moment_in, required_moment
from regulars.channels.fields.person import Person
from regulars.channels.fields.redaction import clean_text
from regulars.domain.events import Event, event_id
from regulars.domain.money import currency_code

_COLUMNS = {
    "id": "id",
    "intent": "PaymentIntent ID|Payment Intent ID",
    "created": "Created (UTC)|Created date (UTC)|Created",
    "refunded_at": "Refunded date (UTC)",
    "amount": "Amount",
    "refunded": "Amount Refunded",
    "currency": "Currency",
    "mode": "Mode",
    "status": "Status",
    "captured": "Captured",
    "customer": "Customer ID",
    "email": "Customer Email",
    "name": "Card Name",
    "method": "Payment Source Type",
}
_KEY = ("intent", "id")
_PAID = {"paid", "succeeded", "refunded", "partially refunded", "partial refund", "disputed"}
_PENDING = {"pending", "processing", "incomplete"}
_FAILED = {"failed", "blocked", "canceled", "cancelled", "expired"}


def translate_group(lines: list[Line], file: File, refuse: RefuseLine) -> list[Draft]:
    """The payments of a sale: of several attempts at most one was paid."""
    drafts: list[Draft] = []
    for line in lines:
        status = _status(line)
        if not status:
            refuse(line.number, "unknown_status")
        else:
            drafts += _payment(line, status, file)
    return drafts


def _status(line: Line) -> str:
    said = line.said["status"].strip().lower().replace("_", " ")
    if said in _PAID:
        return "Authorized" if answer_in(line.said["captured"]) is False else "Succeeded"
    if said in _FAILED:
        return "Failed"
    if said in {"uncaptured", "requires capture"}:
        return "Authorized"
    return "Pending" if said in _PENDING or said.startswith("requires ") else ""


def _payment(line: Line, status: str, file: File) -> list[Draft]:
    """The payment, under the id that its webhook has; beside one that succeeded the order."""
    said, store = line.said, store_of("stripe", file)
    charge, currency = (
        order_id_in(said["id"]),
        currency_code(said["currency"] or file.default_currency),
    )
    sale = id_in(said["intent"]) or charge
    at = required_moment(said["created"], file)
    told: dict[str, Any] = {
        "currency": currency,
        "properties": {
            "payment_id": sale,
            "amount": required_amount(said["amount"], currency, file),
        }
        | {"method": clean_text(said["method"])},
        "test": said["mode"].strip().lower() == "test",
    }
    key = ("failed", charge) if status == "Failed" else ("payment", sale)
    if status not in {"Failed", "Succeeded"}:
        key = (status, charge)
    person = _person(line, store, file)
    event = Event("", f"Payment {status}", "payments", "", at, "", backfill=True, **told)
    payment = named(file, event, event_id(store, *key), person)
    if status != "Succeeded":
        return [payment]
    order = snapshot(
        file,
        f"{store}/{sale}",
        at,
        moment_in(said["refunded_at"], file),
        status="paid",
        total=told["properties"]["amount"],
        refunded=_refunded(line, currency, file),
        currency=currency,
    )
    shown = (store, "order", sale)
    told_on = ("payments", at)
    return [payment, draft_of(file, "Order Updated", told_on, person, shown, order=order, **told)]


def _refunded(line: Line, currency: str, file: File) -> int | None:
    if line.said["refunded"].strip():
        return amount_in(line.said["refunded"], currency, file)
    return None if line.said["status"].strip().lower() == "refunded" else 0


def _person(line: Line, store: str, file: File) -> Person:
    said = line.said
    return buyer(file, id_in(said["customer"]), store, email=said["email"], name=said["name"])


EXPORT_FORMAT = ExportFormat(
    title="Stripe payments",
    channel="stripe",
    page=__doc__,
    columns=_COLUMNS,
    required_columns=("id", "created", "amount", "currency", "status", "refunded|captured|intent"),
    key_columns=_KEY,
    translate=build_group_translator(_KEY, translate_group),
)
