"""Import the payment CSV that the Stripe Dashboard exports.

**Export the file**

1. In the Stripe Dashboard, go to Transactions → Payments → Export.
2. Choose *UTC*, the date range and *All columns* (the default columns are sufficient), then click Export.

Do not rename the columns. Their order does not matter.

**Account**: the source of `regulars connect stripe`.

**Stored**

* The payment: IDs, amounts, refunds, currency, method and status.
* The customer ID as an identifier; e-mail address and name as contact data.

**Not stored**: descriptions, cards and addresses.

**Notes**

* Orders: a sale is one order with the PaymentIntent ID, otherwise with the charge ID, as with the webhooks.
* Status: a failed or pending payment, and a payment that is authorized and not captured, is stored and not counted.
* Test mode: a test payment is stored and never counted.
"""

from typing import Any

from regulars.channels.contract import Draft
from regulars.channels.exports.buyers import build_buyer
from regulars.channels.exports.contract import (
    ExportFormat,
    File,
    Line,
    RefuseLine,
    build_group_translator,
)
from regulars.channels.exports.drafts import (
    build_export_draft,
    build_identified_draft,
    build_order_snapshot,
    build_store_key,
)
from regulars.channels.exports.fields import (
    choose_notation,
    parse_export_id,
    parse_yes_no,
    require_export_id,
)
from regulars.channels.exports.times import parse_export_time, require_export_time
from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.domain.events import Event, event_id

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
        return "Authorized" if parse_yes_no(line.said["captured"]) is False else "Succeeded"
    if said in _FAILED:
        return "Failed"
    if said in {"uncaptured", "requires capture"}:
        return "Authorized"
    return "Pending" if said in _PENDING or said.startswith("requires ") else ""


def _payment(line: Line, status: str, file: File) -> list[Draft]:
    """The payment, under the id that its webhook has; beside one that succeeded the order."""
    said, store = line.said, build_store_key("stripe", file)
    charge = require_export_id(said["id"])
    currency = parse_currency(said["currency"], file.default_currency)
    sale = parse_export_id(said["intent"]) or charge
    at = require_export_time(said["created"], file)
    told: dict[str, Any] = {
        "currency": currency,
        "properties": {
            "payment_id": sale,
            "amount": parse_amount(said["amount"], currency, notation=choose_notation(file)),
        }
        | {"method": clean_text(said["method"])},
        "test": said["mode"].strip().lower() == "test",
    }
    key = ("failed", charge) if status == "Failed" else ("payment", sale)
    if status not in {"Failed", "Succeeded"}:
        key = (status, charge)
    person = _person(line, store, file)
    event = Event(
        id="",
        type=f"Payment {status}",
        channel="payments",
        source="",
        occurred_at=at,
        received_at="",
        backfill=True,
        **told,
    )
    payment = build_identified_draft(file, event, event_id(store, *key), person)
    if status != "Succeeded":
        return [payment]
    order = build_order_snapshot(
        file,
        f"{store}/{sale}",
        at,
        parse_export_time(said["refunded_at"], file),
        status="paid",
        total=told["properties"]["amount"],
        refunded=_refunded(line, currency, file),
        currency=currency,
    )
    shown = (store, "order", sale)
    told_on = ("payments", at)
    return [
        payment,
        build_export_draft(file, "Order Updated", told_on, person, shown, order=order, **told),
    ]


def _refunded(line: Line, currency: str, file: File) -> int | None:
    if line.said["refunded"].strip():
        text = line.said["refunded"]
        return parse_amount(text, currency, notation=choose_notation(file))
    return None if line.said["status"].strip().lower() == "refunded" else 0


def _person(line: Line, store: str, file: File) -> PersonBuilder:
    said = line.said
    return build_buyer(
        file, parse_export_id(said["customer"]), store, email=said["email"], name=said["name"]
    )


EXPORT_FORMAT = ExportFormat(
    title="Stripe payments",
    channel="stripe",
    page=__doc__,
    columns=_COLUMNS,
    required_columns=("id", "created", "amount", "currency", "status", "refunded|captured|intent"),
    key_columns=_KEY,
    translate=build_group_translator(_KEY, translate_group),
)
