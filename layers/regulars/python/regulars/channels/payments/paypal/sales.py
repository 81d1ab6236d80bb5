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

_PAYERS = ("payer", "subscriber")


class Notice(NamedTuple):
    """One event of PayPal's: its id, and the resource it shows."""

    builder: EventBuilder
    id: str
    thing: dict[str, Any]
    person: PersonBuilder


def person_of(thing: dict[str, Any], store: str, default_country: str) -> PersonBuilder:
    """Who pays; and the sale's own ids, by which a capture and a refund find who the order named."""
    person = PersonBuilder(default_country)
    # A refund's payer is the seller.
    payers = () if _refunded_sale(thing) else (as_object(thing.get(name)) for name in _PAYERS)
    for payer in payers:
        # The first generation wraps it once more.
        payer = as_object(payer.get("payer_info")) or payer  # noqa: PLW2901
        person.add_identifier("customer", payer.get("payer_id"), store)
        person.add_identifier("email", payer.get("email_address") or payer.get("email"))
        number = as_object(as_object(payer.get("phone")).get("phone_number"))
        if number.get("national_number"):
            person.add_identifier("phone", f"+{number['national_number']}")
        person.add_contact(_name(as_object(payer.get("name")) or payer))
    for value in _sales(thing):
        person.add_identifier("customer", value, f"{store}/sale")
    return person


def order(notice: Notice, type_: str) -> Draft:
    """A checkout order; it shows the sale once there is the one capture by which it is counted."""
    thing = notice.thing
    units = list_objects(thing.get("purchase_units"))
    captures = _captures(thing)
    properties = select_texts(thing, "status", "intent") | {"order_id": clean_text(thing.get("id"))}
    told: dict[str, Any] = {"properties": properties}
    if units and units[0].get("amount"):
        told["currency"] = _parse_money(units[0].get("amount"))[0]
        lines = [line for unit in units for line in list_objects(unit.get("items"))]
        told["items"] = tuple(item for line in lines if (item := _item(line)))
    if len(captures) == 1 and captures[0].get("amount"):
        told["order"] = _snapshot(notice, captures[0])
    return notice.builder.build_draft(type_, (notice.id,), notice.person, **told)


def payment(notice: Notice, type_: str) -> Draft:
    """A capture, a sale or an authorisation; what succeeded is the sale."""
    thing = notice.thing
    currency, amount = _parse_money(thing.get("amount"))
    related = as_object(as_object(thing.get("supplementary_data")).get("related_ids"))
    properties: dict[str, Any] = select_texts(thing, "status", "state", "billing_agreement_id")
    properties |= select_texts(related, "order_id")
    properties |= {"payment_id": require_id(thing.get("id"), "id"), "amount": amount}
    told: dict[str, Any] = {"currency": currency, "properties": properties}
    if type_ == "Payment Succeeded":
        told["order"] = _snapshot(notice, thing)
    # Sent once more by hand, an event has another id.
    key = (type_, properties["payment_id"])
    return notice.builder.build_draft(type_, key, notice.person, **told)


def refund(notice: Notice, type_: str) -> Draft:
    """A refund of a capture or a sale; one that was reversed may show the capture itself."""
    thing = notice.thing
    refund_id = require_id(thing.get("id"), "id")
    sale = _refunded_sale(thing) or refund_id
    currency, amount = _parse_money(thing.get("amount"))
    order = OrderFact(
        key=f"{notice.builder.store}/{sale}",
        version=_version(notice, thing),
        refunded=amount,
        refund_id=refund_id,
        currency=currency,
    )
    told = {
        "currency": currency,
        "order": order,
        "properties": {"payment_id": sale, "refund_id": refund_id, "amount": amount},
    }
    return notice.builder.build_draft(type_, ("refund", refund_id), notice.person, **told)


def recorded(notice: Notice, type_: str) -> Draft:
    """A subscription or a dispute."""
    names = ("id", "plan_id", "status", "dispute_id", "reason", "dispute_life_cycle_stage")
    properties = select_texts(notice.thing, *names)
    return notice.builder.build_draft(type_, (notice.id,), notice.person, properties=properties)


def _snapshot(notice: Notice, capture: dict[str, Any]) -> OrderFact:
    currency, amount = _parse_money(capture.get("amount"))
    return OrderFact(
        key=f"{notice.builder.store}/{require_id(capture.get('id'), 'id')}",
        version=_version(notice, capture),
        placed_at=format_first_time(capture.get("create_time")) or notice.builder.occurred_at,
        status="paid",
        total=amount,
        currency=currency,
    )


def _sales(thing: dict[str, Any]) -> list[str]:
    """The ids under which the same sale goes: of the order, its captures, what a refund refunds, the subscription."""
    related = as_object(as_object(thing.get("supplementary_data")).get("related_ids"))
    said = [related.get("order_id"), _refunded_sale(thing), thing.get("billing_agreement_id")]
    said += [capture.get("id") for capture in _captures(thing)]
    is_own = any(thing.get(name) for name in ("amount", "purchase_units", "plan_id"))
    if is_own and not _refunded_sale(thing):
        said.append(thing.get("id"))
    return [text for value in said if (text := clean_text(value))]


def _refunded_sale(thing: dict[str, Any]) -> str:
    """The capture or sale that a refund is of; '' for what is no refund."""
    links = [
        each.get("href") for each in list_objects(thing.get("links")) if each.get("rel") == "up"
    ]
    captures = [
        str(href).rpartition("/captures/")[2] for href in links if "/captures/" in str(href)
    ]
    said = (thing.get("capture_id"), thing.get("sale_id"), *captures)
    return next((text for value in said if (text := clean_text(value))), "")


def _captures(thing: dict[str, Any]) -> list[dict[str, Any]]:
    payments = (
        as_object(unit.get("payments")) for unit in list_objects(thing.get("purchase_units"))
    )
    return [capture for payment in payments for capture in list_objects(payment.get("captures"))]


def _parse_money(amount: object) -> tuple[str, int]:
    """Return currency and amount, which both generations of the API name differently."""
    money = as_object(amount)
    currency = parse_currency(money.get("currency_code"), money.get("currency"))
    value = money.get("value") if money.get("value") is not None else money.get("total")
    # The second generation writes a refund of the first one as a negative text.
    unsigned = value.lstrip("-") if isinstance(value, str) else value
    return currency, parse_amount(unsigned, currency)


def _item(line: dict[str, Any]) -> Item | None:
    said = line.get("unit_amount")
    price = _parse_money(said)[1] if said else None
    return build_item(
        line.get("sku") or line.get("name"), line.get("quantity"), price, line.get("name")
    )


def _name(said: dict[str, Any]) -> dict[str, Any]:
    first = said.get("given_name") or said.get("first_name")
    return {"first_name": first, "last_name": said.get("surname") or said.get("last_name")}


def _version(notice: Notice, thing: dict[str, Any]) -> str:
    names = ("update_time", "create_time")
    return format_first_time(*(thing.get(name) for name in names)) or notice.builder.occurred_at
