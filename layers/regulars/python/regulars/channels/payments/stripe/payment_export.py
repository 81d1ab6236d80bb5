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
from regulars.channels.exports.cells import (
    choose_notation,
    parse_export_id,
    parse_yes_no,
    require_export_id,
)
from regulars.channels.exports.contract import (
    ExportFormat,
    File,
    Line,
    RefuseLine,
    build_group_translator,
)
from regulars.channels.exports.event_drafts import (
    build_export_draft,
    build_identified_draft,
    build_order_snapshot,
    build_store_key,
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
_KEY_COLUMNS = ("intent", "id")
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


def translate_group(lines: list[Line], file: File, refuse: RefuseLine) -> list[Draft]:
    """Return the payments of one sale, of which at most one succeeded."""
    drafts: list[Draft] = []
    for line in lines:
        status = _read_status(line)
        if not status:
            refuse(line.number, "unknown_status")
        else:
            drafts += _translate_payment(line, status, file)
    return drafts


def _read_status(line: Line) -> str:
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


def _translate_payment(line: Line, status: str, file: File) -> list[Draft]:
    """Return the payment with the id of its webhook, and the order if the payment succeeded."""
    fields, store = line.fields, build_store_key("stripe", file)
    charge = require_export_id(fields["id"])
    currency = parse_currency(fields["currency"], file.default_currency)
    sale = parse_export_id(fields["intent"]) or charge
    at = require_export_time(fields["created"], file)
    facts: dict[str, Any] = {
        "currency": currency,
        "properties": {
            "payment_id": sale,
            "amount": parse_amount(fields["amount"], currency, notation=choose_notation(file)),
        }
        | {"method": clean_text(fields["method"])},
        "test": fields["mode"].strip().lower() == "test",
    }
    key = ("failed", charge) if status == "Failed" else ("payment", sale)
    if status not in {"Failed", "Succeeded"}:
        key = (status, charge)
    person = _build_person(line, store, file)
    event = Event(
        id="",
        type=f"Payment {status}",
        channel="payments",
        source="",
        occurred_at=at,
        received_at="",
        backfill=True,
        **facts,
    )
    payment = build_identified_draft(file, event, event_id(store, *key), person)
    if status != "Succeeded":
        return [payment]
    order = build_order_snapshot(
        file,
        f"{store}/{sale}",
        at,
        parse_export_time(fields["refunded_at"], file),
        status="paid",
        total=facts["properties"]["amount"],
        refunded=_parse_refunded_amount(line, currency, file),
        currency=currency,
    )
    order_event_key = (store, "order", sale)
    channel_and_time = ("payments", at)
    return [
        payment,
        build_export_draft(
            file, "Order Updated", channel_and_time, person, order_event_key, order=order, **facts
        ),
    ]


def _parse_refunded_amount(line: Line, currency: str, file: File) -> int | None:
    if line.fields["refunded"].strip():
        text = line.fields["refunded"]
        return parse_amount(text, currency, notation=choose_notation(file))
    return None if line.fields["status"].strip().lower() == "refunded" else 0


def _build_person(line: Line, store: str, file: File) -> PersonBuilder:
    fields = line.fields
    return build_buyer(
        file, parse_export_id(fields["customer"]), store, email=fields["email"], name=fields["name"]
    )


EXPORT_FORMAT = ExportFormat(
    title="Stripe payments",
    channel="stripe",
    page=__doc__,
    columns=_COLUMNS,
    required_columns=("id", "created", "amount", "currency", "status", "refunded|captured|intent"),
    key_columns=_KEY_COLUMNS,
    translate=build_group_translator(_KEY_COLUMNS, translate_group),
)
