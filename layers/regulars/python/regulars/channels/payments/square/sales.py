"""Translate the sales in Square events: a completed payment is one sale, and refunds refer to it."""

from typing import Any

from regulars.channels.contract import Draft
from regulars.channels.fields.event_times import format_first_time
from regulars.channels.fields.json_values import as_object
from regulars.channels.fields.money import parse_currency, parse_minor_units
from regulars.channels.fields.texts import require_id, select_texts
from regulars.channels.payments.square.records import Notice
from regulars.domain.events import OrderFact

_TYPES = {
    "COMPLETED": "Payment Succeeded",
    "FAILED": "Payment Failed",
    "CANCELED": "Payment Failed",
}
_PENDING = "Payment Pending"  # APPROVED, PENDING
_NOT_PAID_BACK = {"REJECTED", "FAILED"}


def payment(notice: Notice) -> list[Draft]:
    """A payment by its status, each told once; a completed one shows the order."""
    thing = notice.thing
    payment_id = require_id(thing.get("id"), "id")
    type_ = _TYPES.get(str(thing.get("status")), _PENDING)
    currency, total = _parse_money(thing.get("total_money") or thing.get("amount_money"))
    properties: dict[str, Any] = select_texts(
        thing, "order_id", "location_id", "source_type", "status"
    )
    told: dict[str, Any] = {
        "currency": currency,
        "properties": properties | {"payment_id": payment_id, "amount": total},
    }
    if type_ == "Payment Succeeded":
        return _sold(notice, payment_id, told)
    return [notice.builder.build_draft(type_, (type_, payment_id), notice.person, **told)]


def refund(notice: Notice) -> list[Draft]:
    """A refund; one that was rejected or failed gives nothing back."""
    thing = notice.thing
    refund_id = require_id(thing.get("id"), "id")
    payment_id = require_id(thing.get("payment_id"), "payment_id")
    currency, amount = _parse_money(thing.get("amount_money"))
    has_failed = str(thing.get("status")) in _NOT_PAID_BACK
    order = OrderFact(
        key=f"{notice.builder.store}/{payment_id}",
        version=_version(notice),
        refunded=0 if has_failed else amount,
        refund_id=refund_id,
        currency=currency,
    )
    told = {
        "currency": currency,
        "order": order,
        "properties": {"payment_id": payment_id, "refund_id": refund_id, "amount": amount},
    }
    type_ = "Refund Failed" if has_failed else "Payment Refunded"
    builder = notice.builder.copy_at(thing.get("created_at"))
    return [builder.build_draft(type_, (type_, refund_id), notice.person, **told)]


def _sold(notice: Notice, payment_id: str, told: dict[str, Any]) -> list[Draft]:
    """The payment, once; the sale at the till, once; and what was given back of it, whenever that changed."""
    thing, person = notice.thing, notice.person
    back = thing.get("refunded_money")
    told["order"] = OrderFact(
        key=f"{notice.builder.store}/{payment_id}",
        version=_version(notice),
        placed_at=format_first_time(thing.get("created_at")),
        status="paid",
        total=told["properties"]["amount"],
        refunded=_parse_money(back)[1] if back else 0,
        currency=told["currency"],
    )
    types = ["Payment Succeeded", "In-Store Sale"] if notice.is_till else ["Payment Succeeded"]
    builder = notice.builder.copy_at(thing.get("created_at"))
    drafts = [builder.build_draft(type_, (type_, payment_id), person, **told) for type_ in types]
    if back:
        drafts.append(notice.builder.build_draft("Order Updated", (notice.id,), person, **told))
    return drafts


def _version(notice: Notice) -> str:
    return format_first_time(notice.thing.get("updated_at")) or notice.builder.occurred_at


def _parse_money(amount_money: object) -> tuple[str, int]:
    """Return currency and amount, which Square writes in minor units."""
    money = as_object(amount_money)
    return parse_currency(money.get("currency")), parse_minor_units(money.get("amount"))
