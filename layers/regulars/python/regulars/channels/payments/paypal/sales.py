"""Translate the sales in PayPal events of both API generations: a capture is a sale, and an order names the buyer."""

from typing import Any, NamedTuple

from regulars.channels.contract import Draft
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import format_first_time
from regulars.channels.fields.items import build_item
from regulars.channels.fields.json_values import as_object, list_objects
from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import require_id, select_texts
from regulars.domain.events import Item, OrderFact

_PAYER_FIELDS = ("payer", "subscriber")


class PayPalEvent(NamedTuple):
    """One PayPal event: its id and its resource."""

    builder: EventBuilder
    id: str
    resource: dict[str, Any]
    person: PersonBuilder


def build_person(resource: dict[str, Any], store: str, default_country: str) -> PersonBuilder:
    """Return the payer, with the ids of the sale that connect captures and refunds to the payer of the order."""
    person = PersonBuilder(default_country)
    # The payer of a refund is the seller.
    payers = (
        ()
        if _find_refunded_sale(resource)
        else (as_object(resource.get(name)) for name in _PAYER_FIELDS)
    )
    for payer in payers:
        # The first generation of the API nests the payer once more.
        payer = as_object(payer.get("payer_info")) or payer  # noqa: PLW2901
        person.add_identifier("customer", payer.get("payer_id"), store)
        person.add_identifier("email", payer.get("email_address") or payer.get("email"))
        number = as_object(as_object(payer.get("phone")).get("phone_number"))
        if number.get("national_number"):
            person.add_identifier("phone", f"+{number['national_number']}")
        person.add_contact(_read_name(as_object(payer.get("name")) or payer))
    for value in _list_sale_ids(resource):
        person.add_identifier("customer", value, f"{store}/sale")
    return person


def translate_order(event: PayPalEvent, type_: str) -> Draft:
    """Return a checkout order; it has an order snapshot once there is the one capture that counts as the sale."""
    resource = event.resource
    units = list_objects(resource.get("purchase_units"))
    captures = _list_captures(resource)
    properties = select_texts(resource, "status", "intent") | {
        "order_id": clean_text(resource.get("id"))
    }
    facts: dict[str, Any] = {"properties": properties}
    if units and units[0].get("amount"):
        facts["currency"] = _parse_money(units[0].get("amount"))[0]
        lines = [line for unit in units for line in list_objects(unit.get("items"))]
        facts["items"] = tuple(item for line in lines if (item := _build_item(line)))
    if len(captures) == 1 and captures[0].get("amount"):
        facts["order"] = _build_order(event, captures[0])
    return event.builder.build_draft(type_, (event.id,), event.person, **facts)


def translate_payment(event: PayPalEvent, type_: str) -> Draft:
    """Return a capture, a sale or an authorization; one that succeeded is the sale."""
    resource = event.resource
    currency, amount = _parse_money(resource.get("amount"))
    related = as_object(as_object(resource.get("supplementary_data")).get("related_ids"))
    properties: dict[str, Any] = select_texts(resource, "status", "state", "billing_agreement_id")
    properties |= select_texts(related, "order_id")
    properties |= {"payment_id": require_id(resource.get("id"), "id"), "amount": amount}
    facts: dict[str, Any] = {"currency": currency, "properties": properties}
    if type_ == "Payment Succeeded":
        facts["order"] = _build_order(event, resource)
    # An event that was resent by hand has another id.
    key = (type_, properties["payment_id"])
    return event.builder.build_draft(type_, key, event.person, **facts)


def translate_refund(event: PayPalEvent, type_: str) -> Draft:
    """Return a refund of a capture or a sale; the resource of a reversal may be the capture itself."""
    refund_id = require_id(event.resource.get("id"), "id")
    sale = _find_refunded_sale(event.resource) or refund_id
    order = _build_refund(event, sale, refund_id)
    facts = {
        "currency": order.currency,
        "order": order,
        "properties": {"payment_id": sale, "refund_id": refund_id, "amount": order.refunded},
    }
    return event.builder.build_draft(type_, ("refund", refund_id), event.person, **facts)


def translate_record(event: PayPalEvent, type_: str) -> Draft:
    """Return a subscription or a dispute."""
    names = ("id", "plan_id", "status", "dispute_id", "reason", "dispute_life_cycle_stage")
    properties = select_texts(event.resource, *names)
    return event.builder.build_draft(type_, (event.id,), event.person, properties=properties)


def _build_order(event: PayPalEvent, capture: dict[str, Any]) -> OrderFact:
    currency, amount = _parse_money(capture.get("amount"))
    return OrderFact(
        key=f"{event.builder.store}/{require_id(capture.get('id'), 'id')}",
        version=_order_version(event, capture),
        placed_at=format_first_time(capture.get("create_time")) or event.builder.occurred_at,
        status="paid",
        total=amount,
        currency=currency,
    )


def _build_refund(event: PayPalEvent, sale: str, refund_id: str) -> OrderFact:
    currency, amount = _parse_money(event.resource.get("amount"))
    return OrderFact(
        key=f"{event.builder.store}/{sale}",
        version=_order_version(event, event.resource),
        refunded=amount,
        refund_id=refund_id,
        currency=currency,
    )


def _list_sale_ids(resource: dict[str, Any]) -> list[str]:
    """Return the ids of the same sale: the order, its captures, the refunded capture or sale, the subscription."""
    related = as_object(as_object(resource.get("supplementary_data")).get("related_ids"))
    candidates = [
        related.get("order_id"),
        _find_refunded_sale(resource),
        resource.get("billing_agreement_id"),
    ]
    candidates += [capture.get("id") for capture in _list_captures(resource)]
    is_sale_itself = any(resource.get(name) for name in ("amount", "purchase_units", "plan_id"))
    if is_sale_itself and not _find_refunded_sale(resource):
        candidates.append(resource.get("id"))
    return [text for value in candidates if (text := clean_text(value))]


def _find_refunded_sale(resource: dict[str, Any]) -> str:
    """Return the id of the capture or sale that was refunded; '' if the resource is no refund."""
    links = [
        link.get("href") for link in list_objects(resource.get("links")) if link.get("rel") == "up"
    ]
    captures = [
        str(href).rpartition("/captures/")[2] for href in links if "/captures/" in str(href)
    ]
    candidates = (resource.get("capture_id"), resource.get("sale_id"), *captures)
    return next((text for value in candidates if (text := clean_text(value))), "")


def _list_captures(resource: dict[str, Any]) -> list[dict[str, Any]]:
    payments = (
        as_object(unit.get("payments")) for unit in list_objects(resource.get("purchase_units"))
    )
    return [capture for payment in payments for capture in list_objects(payment.get("captures"))]


def _parse_money(amount: object) -> tuple[str, int]:
    """Return currency and amount, whose fields have other names in each generation of the API."""
    money = as_object(amount)
    currency = parse_currency(money.get("currency_code"), money.get("currency"))
    value = money.get("value") if money.get("value") is not None else money.get("total")
    # The second generation of the API writes a refund of the first generation as a negative text.
    unsigned = value.lstrip("-") if isinstance(value, str) else value
    return currency, parse_amount(unsigned, currency)


def _build_item(line: dict[str, Any]) -> Item | None:
    unit_amount = line.get("unit_amount")
    price = _parse_money(unit_amount)[1] if unit_amount else None
    return build_item(
        line.get("sku") or line.get("name"), line.get("quantity"), price, line.get("name")
    )


def _read_name(name: dict[str, Any]) -> dict[str, Any]:
    first_name = name.get("given_name") or name.get("first_name")
    return {"first_name": first_name, "last_name": name.get("surname") or name.get("last_name")}


def _order_version(event: PayPalEvent, resource: dict[str, Any]) -> str:
    names = ("update_time", "create_time")
    return format_first_time(*(resource.get(name) for name in names)) or event.builder.occurred_at
