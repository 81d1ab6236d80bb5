"""Translate Stripe events of customers, subscriptions, disputes and products, and read the person they name."""

from collections.abc import Iterator
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
# Stripe event type → the event's type.
_EVENT_TYPES = {
    "customer.created": "Customer Created",
    "customer.updated": "Customer Updated",
    "customer.deleted": "Customer Deleted",
    "customer.subscription.created": "Subscription Started",
    "customer.subscription.deleted": "Subscription Cancelled",
    "charge.dispute.created": "Dispute Opened",
    "checkout.session.expired": "Checkout Abandoned",
}
_SALE_OBJECTS = {"payment_intent", "charge"}
_SALE_RELATED_OBJECTS = {"refund", "dispute", "checkout.session"}


class StripeEvent(NamedTuple):
    """One Stripe event: its type, its id, the resource, and the previous values of the changed attributes."""

    builder: EventBuilder
    type: str
    id: str
    resource: dict[str, Any]
    previous_attributes: dict[str, Any]
    default_currency: str
    person: PersonBuilder


def build_person(resource: dict[str, Any], store: str, default_country: str) -> PersonBuilder:
    """Return the person that the resource names: the customer, or the guest who filled in the form."""
    person = PersonBuilder(default_country)
    customer = resource if resource.get("object") == "customer" else resource.get("customer")
    person.add_identifier("customer", resource_id(customer), store)
    for contact in _list_contacts(resource):
        person.add_contact(contact)
    person.add_identifier("email", resource.get("receipt_email"))
    if _is_online_sale(resource):
        # The PaymentIntent of a guest and every refund name no person. The id of the sale connects them to the payer.
        person.add_identifier("customer", find_sale_id(resource), f"{store}/sale")
    return person


def translate_record(event: StripeEvent) -> list[Draft]:
    """Return the event of a resource that was created, changed or deleted."""
    return [_build_record_draft(event, _EVENT_TYPES[event.type])]


def translate_subscription_update(event: StripeEvent) -> list[Draft]:
    """Return the event of a changed subscription: a cancellation if it will end with its period."""
    is_ending = event.resource.get("cancel_at_period_end") is True
    was_cancelled = is_ending and event.previous_attributes.get("cancel_at_period_end") is False
    return [
        _build_record_draft(
            event, "Subscription Cancelled" if was_cancelled else "Subscription Updated"
        )
    ]


def translate_product(event: StripeEvent) -> list[Draft]:
    """Return the event of a changed product or of one of its prices."""
    resource = event.resource
    facts: dict[str, Any] = {"items": ()}
    if resource.get("object") == "price" and resource.get("unit_amount") is not None:
        currency, price = parse_stripe_money(event, "unit_amount")
        facts = {"currency": currency}
        item = build_item(resource_id(resource.get("product")), 1, price)
    else:
        name = resource.get("name") if resource.get("object") == "product" else ""
        product = resource.get("product") if resource.get("object") == "price" else resource
        item = build_item(resource_id(product), 1, name=name)
    facts["items"] = (item,) if item else ()
    return [event.builder.build_draft("Product Updated", (event.id,), event.person, **facts)]


def resource_id(value: object) -> str:
    """Return an id, or the id of the expanded object in its place."""
    return clean_text(value.get("id") if isinstance(value, dict) else value)


def find_sale_id(resource: dict[str, Any]) -> str:
    """Return the id of the sale: its PaymentIntent, else its charge, else the resource itself."""
    if resource.get("object") == "payment_intent":
        return resource_id(resource)
    payments = list_objects(as_object(resource.get("payments")).get("data"))
    payment_intents = [as_object(value.get("payment")).get("payment_intent") for value in payments]
    candidates = (
        resource.get("payment_intent"),
        *payment_intents,
        resource.get("charge"),
        resource,
    )
    return next((text for value in candidates if (text := resource_id(value))), "")


def parse_stripe_money(event: StripeEvent, *names: str) -> tuple[str, int]:
    """Return the currency, and the amount of the first of these fields that is present."""
    currency = parse_currency(event.resource.get("currency"), event.default_currency)
    amounts = (event.resource[name] for name in names if event.resource.get(name) is not None)
    return currency, parse_stripe_units(next(amounts, None), currency)


def parse_stripe_units(value: object, currency: str) -> int:
    """Convert an amount from Stripe's minor units to those of ISO 4217."""
    units, digits = parse_minor_units(value), MINOR_UNIT_DIGITS[currency]
    stripe_digits = _STRIPE_DIGITS.get(currency, digits)
    if stripe_digits <= digits:
        return units * int(10 ** (digits - stripe_digits))
    # Stripe requires the digits that ISO 4217 does not have to be zeros.
    return units // int(10 ** (stripe_digits - digits))


def _list_contacts(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if resource.get("object") == "customer":
        yield resource
    for details in ("customer_details", "billing_details"):
        yield as_object(resource.get(details))
    yield {name: resource.get(f"customer_{name}") for name in ("email", "phone", "name")}


def _is_online_sale(resource: dict[str, Any]) -> bool:
    """Return whether the resource belongs to one sale that was not paid in person.

    A person who pays at a counter may stay unknown.
    """
    methods = (
        *as_list(resource.get("payment_method_types")),
        as_object(resource.get("payment_method_details")).get("type"),
    )
    kind = clean_text(resource.get("object"))
    is_sale = kind in _SALE_OBJECTS or (
        kind in _SALE_RELATED_OBJECTS and find_sale_id(resource) != resource_id(resource)
    )
    return is_sale and "card_present" not in methods


def _build_record_draft(event: StripeEvent, type_: str) -> Draft:
    resource = event.resource
    properties = select_texts(resource, "status", "reason", "cancel_at_period_end")
    kind = clean_text(resource.get("object")).rpartition(".")[2]
    if kind != "customer":
        properties[f"{kind}_id"] = resource_id(resource)
    plans = [
        as_object(line.get("price"))
        for line in list_objects(as_object(resource.get("items")).get("data"))
    ]
    products = [text for plan in plans if (text := resource_id(plan.get("product")))]
    properties |= {"product_id": products[0]} if products else {}
    properties |= (
        {"payment_id": resource_id(resource["payment_intent"])}
        if resource.get("payment_intent")
        else {}
    )
    traits = build_traits(locale=next(iter(as_list(resource.get("preferred_locales"))), ""))
    facts = {"properties": properties, "traits": traits}
    return event.builder.build_draft(type_, (event.id,), event.person, **facts)
