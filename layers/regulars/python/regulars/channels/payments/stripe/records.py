"""Translate Stripe events of customers, subscriptions, disputes and products, and read the person they name."""

from typing import Any, NamedTuple

from regulars.channels.contract import Draft
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.items import build_item
from regulars.channels.fields.json_values import as_list, as_object, list_objects
from regulars.channels.fields.money import parse_currency, parse_minor_units
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import build_traits, select_texts
from regulars.domain.money import MINOR_UNIT_DIGITS

# Currencies that Stripe's API writes with other digits than ISO 4217.
# https://docs.stripe.com/currencies#special-cases
_STRIPE_DIGITS = {"ISK": 2, "UGX": 2, "MGA": 0}
_TYPES = {
    "customer.created": "Customer Created",
    "customer.updated": "Customer Updated",
    "customer.deleted": "Customer Deleted",
    "customer.subscription.created": "Subscription Started",
    "customer.subscription.deleted": "Subscription Cancelled",
    "charge.dispute.created": "Dispute Opened",
    "checkout.session.expired": "Checkout Abandoned",
}
_SALES = {"payment_intent", "charge"}
_OF_SALES = {"refund", "dispute", "checkout.session"}


class Notice(NamedTuple):
    """One event of Stripe's: its type and id, the object it shows, and what of it was otherwise before."""

    builder: EventBuilder
    type: str
    id: str
    thing: dict[str, Any]
    before: dict[str, Any]
    default_currency: str
    person: PersonBuilder


def person_of(thing: dict[str, Any], store: str, default_country: str) -> PersonBuilder:
    """Who the object names: the customer, or the guest who filled in the form."""
    person = PersonBuilder(default_country)
    is_customer = thing.get("object") == "customer"
    person.add_identifier("customer", id_of(thing if is_customer else thing.get("customer")), store)
    if is_customer:
        person.add_contact(thing)
    for details in ("customer_details", "billing_details"):
        person.add_contact(as_object(thing.get(details)))
    names = ("email", "phone", "name")
    person.add_contact({name: thing.get(f"customer_{name}") for name in names})
    person.add_identifier("email", thing.get("receipt_email"))
    if _is_of_a_sale(thing):
        # A guest's PaymentIntent names nobody, nor does any refund: by the sale they find who paid.
        person.add_identifier("customer", sale_of(thing), f"{store}/sale")
    return person


def recorded(notice: Notice) -> list[Draft]:
    """An event that only says that something came to be, was changed or is no more."""
    return [_recorded(notice, _TYPES[notice.type])]


def subscription_changed(notice: Notice) -> list[Draft]:
    """A subscription that was changed; one that will end with its period was cancelled."""
    ends = notice.thing.get("cancel_at_period_end") is True
    was_cancelled = ends and notice.before.get("cancel_at_period_end") is False
    return [
        _recorded(notice, "Subscription Cancelled" if was_cancelled else "Subscription Updated")
    ]


def product(notice: Notice) -> list[Draft]:
    """A product, or one of its prices."""
    thing = notice.thing
    told: dict[str, Any] = {"items": ()}
    if thing.get("object") == "price" and thing.get("unit_amount") is not None:
        currency, price = parse_stripe_money(notice, "unit_amount")
        told = {"currency": currency}
        item = build_item(id_of(thing.get("product")), 1, price)
    else:
        name = thing.get("name") if thing.get("object") == "product" else ""
        said = thing.get("product") if thing.get("object") == "price" else thing
        item = build_item(id_of(said), 1, name=name)
    told["items"] = (item,) if item else ()
    return [notice.builder.build_draft("Product Updated", (notice.id,), notice.person, **told)]


def id_of(value: object) -> str:
    """An id, or the id of the object that stands in its place."""
    return clean_text(value.get("id") if isinstance(value, dict) else value)


def sale_of(thing: dict[str, Any]) -> str:
    """What the sale goes by: its PaymentIntent, or else its charge, or the object itself."""
    if thing.get("object") == "payment_intent":
        return id_of(thing)
    listed = list_objects(as_object(thing.get("payments")).get("data"))
    by_payment = [as_object(each.get("payment")).get("payment_intent") for each in listed]
    said = (thing.get("payment_intent"), *by_payment, thing.get("charge"), thing)
    return next((text for value in said if (text := id_of(value))), "")


def parse_stripe_money(notice: Notice, *names: str) -> tuple[str, int]:
    """Return the currency, and the amount of the first of these fields that is there."""
    currency = parse_currency(notice.thing.get("currency"), notice.default_currency)
    amounts = (notice.thing[name] for name in names if notice.thing.get(name) is not None)
    return currency, parse_stripe_units(next(amounts, None), currency)


def parse_stripe_units(value: object, currency: str) -> int:
    """Return an amount in Stripe's minor units in those of ISO 4217."""
    units, digits = parse_minor_units(value), MINOR_UNIT_DIGITS[currency]
    stripe_digits = _STRIPE_DIGITS.get(currency, digits)
    if stripe_digits <= digits:
        return units * int(10 ** (digits - stripe_digits))
    # Where Stripe has more digits, it asks for them to be zeros.
    return units // int(10 ** (stripe_digits - digits))


def _is_of_a_sale(thing: dict[str, Any]) -> bool:
    """Whether the object speaks of one sale, that was not made at a counter: who pays there may stay unknown."""
    methods = (
        *as_list(thing.get("payment_method_types")),
        as_object(thing.get("payment_method_details")).get("type"),
    )
    kind = clean_text(thing.get("object"))
    is_sale = kind in _SALES or (kind in _OF_SALES and sale_of(thing) != id_of(thing))
    return is_sale and "card_present" not in methods


def _recorded(notice: Notice, type_: str) -> Draft:
    thing = notice.thing
    properties = select_texts(thing, "status", "reason", "cancel_at_period_end")
    kind = clean_text(thing.get("object")).rpartition(".")[2]
    if kind != "customer":
        properties[f"{kind}_id"] = id_of(thing)
    plans = [
        as_object(line.get("price"))
        for line in list_objects(as_object(thing.get("items")).get("data"))
    ]
    products = [text for plan in plans if (text := id_of(plan.get("product")))]
    properties |= {"product_id": products[0]} if products else {}
    properties |= (
        {"payment_id": id_of(thing["payment_intent"])} if thing.get("payment_intent") else {}
    )
    traits = build_traits(locale=next(iter(as_list(thing.get("preferred_locales"))), ""))
    told = {"properties": properties, "traits": traits}
    return notice.builder.build_draft(type_, (notice.id,), notice.person, **told)
