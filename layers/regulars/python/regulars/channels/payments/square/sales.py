"""Translate the sales in Square events: a completed payment is one sale, and refunds refer to it."""

from typing import Any

from regulars.channels.contract import Draft
from regulars.channels.fields.event_times import format_first_time
from regulars.channels.fields.json_values import as_object
from regulars.channels.fields.money import parse_currency, parse_minor_units
from regulars.channels.fields.texts import require_id, select_texts
from regulars.channels.payments.square.records import SquareEvent
from regulars.domain.events import OrderFact

_PAYMENT_TYPES = {
    "COMPLETED": "Payment Succeeded",
    "FAILED": "Payment Failed",
    "CANCELED": "Payment Failed",
}
_PENDING_TYPE = "Payment Pending"  # APPROVED, PENDING
_FAILED_REFUND_STATUSES = {"REJECTED", "FAILED"}


def translate_payment(event: SquareEvent) -> list[Draft]:
    """Return a payment by its status, each status once; a completed payment has the order."""
    resource = event.resource
    payment_id = require_id(resource.get("id"), "id")
    type_ = _PAYMENT_TYPES.get(str(resource.get("status")), _PENDING_TYPE)
    currency, total = _parse_money(resource.get("total_money") or resource.get("amount_money"))
    properties: dict[str, Any] = select_texts(
        resource, "order_id", "location_id", "source_type", "status"
    )
    facts: dict[str, Any] = {
        "currency": currency,
        "properties": properties | {"payment_id": payment_id, "amount": total},
    }
    if type_ == "Payment Succeeded":
        return _translate_completed_payment(event, payment_id, facts)
    return [event.builder.build_draft(type_, (type_, payment_id), event.person, **facts)]


def translate_refund(event: SquareEvent) -> list[Draft]:
    """Return a refund; a refund that was rejected or failed returns no money."""
    resource = event.resource
    refund_id = require_id(resource.get("id"), "id")
    payment_id = require_id(resource.get("payment_id"), "payment_id")
    currency, amount = _parse_money(resource.get("amount_money"))
    has_failed = str(resource.get("status")) in _FAILED_REFUND_STATUSES
    order = OrderFact(
        key=f"{event.builder.store}/{payment_id}",
        version=_order_version(event),
        refunded=0 if has_failed else amount,
        refund_id=refund_id,
        currency=currency,
    )
    facts = {
        "currency": currency,
        "order": order,
        "properties": {"payment_id": payment_id, "refund_id": refund_id, "amount": amount},
    }
    type_ = "Refund Failed" if has_failed else "Payment Refunded"
    builder = event.builder.copy_at(resource.get("created_at"))
    return [builder.build_draft(type_, (type_, refund_id), event.person, **facts)]


def _translate_completed_payment(
    event: SquareEvent, payment_id: str, facts: dict[str, Any]
) -> list[Draft]:
    """Return the payment once, a point-of-sale sale once, and each change of the refunded amount."""
    resource, person = event.resource, event.person
    refunded_money = resource.get("refunded_money")
    facts["order"] = OrderFact(
        key=f"{event.builder.store}/{payment_id}",
        version=_order_version(event),
        placed_at=format_first_time(resource.get("created_at")),
        status="paid",
        total=facts["properties"]["amount"],
        refunded=_parse_money(refunded_money)[1] if refunded_money else 0,
        currency=facts["currency"],
    )
    types = (
        ["Payment Succeeded", "In-Store Sale"] if event.is_point_of_sale else ["Payment Succeeded"]
    )
    builder = event.builder.copy_at(resource.get("created_at"))
    drafts = [builder.build_draft(type_, (type_, payment_id), person, **facts) for type_ in types]
    if refunded_money:
        drafts.append(event.builder.build_draft("Order Updated", (event.id,), person, **facts))
    return drafts


def _order_version(event: SquareEvent) -> str:
    return format_first_time(event.resource.get("updated_at")) or event.builder.occurred_at


def _parse_money(amount_money: object) -> tuple[str, int]:
    """Return currency and amount, which Square writes in minor units."""
    money = as_object(amount_money)
    return parse_currency(money.get("currency")), parse_minor_units(money.get("amount"))
