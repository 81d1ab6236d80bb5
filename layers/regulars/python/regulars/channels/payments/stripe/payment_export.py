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

from regulars.channels.contract import Draft
from regulars.channels.exports.buyers import build_buyer
from regulars.channels.exports.cells import choose_notation, parse_export_id, require_export_id
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
from regulars.channels.payments.stripe.payment_statuses import read_status
from regulars.domain.events import Event, OrderFact, event_id

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


def translate_group(lines: list[Line], file: File, refuse: RefuseLine) -> list[Draft]:
    """Return the payments of one sale, of which at most one succeeded."""
    drafts: list[Draft] = []
    for line in lines:
        status = read_status(line)
        if not status:
            refuse(line.number, "unknown_status")
        else:
            drafts += _translate_payment(line, status, file)
    return drafts


def _translate_payment(line: Line, status: str, file: File) -> list[Draft]:
    """Return the payment with the id of its webhook, and the order if the payment succeeded."""
    charge = require_export_id(line.fields["id"])
    currency = parse_currency(line.fields["currency"], file.default_currency)
    sale = parse_export_id(line.fields["intent"]) or charge
    event = _build_event(line, status, sale, currency, file)
    store = build_store_key("stripe", file)
    person = _build_person(line, store, file)
    id_ = event_id(store, *_payment_key(status, charge, sale))
    payment = build_identified_draft(file, event, id_, person)
    if status != "Succeeded":
        return [payment]
    order_draft = build_export_draft(
        file,
        "Order Updated",
        (event.channel, event.occurred_at),
        person,
        (store, "order", sale),
        order=_build_order(line, event, f"{store}/{sale}", file),
        currency=currency,
        properties=event.properties,
        test=event.test,
    )
    return [payment, order_draft]


def _build_event(line: Line, status: str, sale: str, currency: str, file: File) -> Event:
    fields = line.fields
    return Event(
        id="",
        type=f"Payment {status}",
        channel="payments",
        source="",
        occurred_at=require_export_time(fields["created"], file),
        received_at="",
        currency=currency,
        properties={
            "payment_id": sale,
            "amount": parse_amount(fields["amount"], currency, notation=choose_notation(file)),
            "method": clean_text(fields["method"]),
        },
        backfill=True,
        test=fields["mode"].strip().lower() == "test",
    )


def _payment_key(status: str, charge: str, sale: str) -> tuple[str, str]:
    if status == "Failed":
        return "failed", charge
    return ("payment", sale) if status == "Succeeded" else (status, charge)


def _build_order(line: Line, event: Event, key: str, file: File) -> OrderFact:
    return build_order_snapshot(
        file,
        key,
        event.occurred_at,
        parse_export_time(line.fields["refunded_at"], file),
        status="paid",
        total=event.properties["amount"],
        refunded=_parse_refunded_amount(line, event.currency, file),
        currency=event.currency,
    )


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
