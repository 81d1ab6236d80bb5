"""Read the buyer of a Shopify resource: identifiers, contact data, traits and marketing consent."""

from typing import Any

from regulars.channels.fields.event_times import format_first_time
from regulars.channels.fields.json_values import as_object, list_objects
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.domain.events import ConsentChange

# `not_subscribed` is a person never asked: neither a grant nor a denial.
_STATES = {"subscribed": "granted", "unsubscribed": "denied", "pending": "pending"}
# Topics whose body is the customer, or says its consent; and those that name no customer.
_BODIES = {"customers", "customers_marketing_consent", "customers_email_marketing_consent"}
_OF_NOBODY = {"products", "inventory_levels", "order_transactions", "refunds", "shop"}
_ANONYMOUS_IDS = ("anonymousId", "anonymous_id", "ajs_anonymous_id", "_anonymous_id")


def customer_of(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """The customer resource: the one within an order, a checkout or a request of privacy, or the body itself."""
    within = as_object(body.get("customer"))
    return body if kind in _BODIES and not within else within


def person_of(kind: str, body: dict[str, Any], shop: str, default_country: str) -> PersonBuilder:
    """Who the resource speaks of: nobody for products, stock, payments and refunds, and who is no customer at the till.

    A delivery address is not read: it may be that of who gets the present.
    """
    person = PersonBuilder(default_country)
    customer = customer_of(kind, body)
    # Without a customer, what a till fills in is the shop's own, the same for everybody.
    if kind in _OF_NOBODY or (body.get("source_name") == "pos" and not customer):
        return person
    person.add_identifier(
        "customer", customer.get("id") or body.get("customer_id"), f"shopify/{shop}"
    )
    person.add_identifier("email", body.get("email_address"))
    person.add_contact(customer)
    person.add_contact({"email": body.get("email"), "phone": body.get("phone")})
    person.add_identifier("email", body.get("contact_email"))
    if "last_name" not in person.contact:
        billing = as_object(body.get("billing_address"))
        person.add_contact({name: billing.get(name) for name in ("first_name", "last_name")})
    for attribute in list_objects(body.get("note_attributes")):
        # A storefront puts its visitor's id on the cart, so that the order meets the visits.
        if attribute.get("name") in _ANONYMOUS_IDS:
            person.add_identifier("anonymous_id", attribute.get("value"))
    return person


def consents_of(kind: str, body: dict[str, Any]) -> tuple[ConsentChange, ...]:
    """The marketing consent of the customer resource, each with the time it was given."""
    customer = customer_of(kind, body)
    said = (
        _consent(channel, as_object(customer.get(f"{channel}_marketing_consent")), customer)
        for channel in ("email", "sms")
    )
    return tuple(consent for consent in said if consent)


def traits_of(kind: str, body: dict[str, Any]) -> dict[str, str]:
    """Country and language, from the customer's own address."""
    customer = customer_of(kind, body)
    address = as_object(customer.get("default_address")) or as_object(body.get("billing_address"))
    said = {"country": address.get("country_code"), "locale": body.get("customer_locale")}
    texts = {name: clean_text(value)[:16] for name, value in said.items()}
    return {name: text for name, text in texts.items() if text}


def _consent(channel: str, said: dict[str, Any], customer: dict[str, Any]) -> ConsentChange | None:
    status = _STATES.get(str(said.get("state")))
    # A grant without a time was there from the start: it takes back no refusal that came since.
    otherwise = customer.get("updated_at" if status == "denied" else "created_at")
    at = format_first_time(said.get("consent_updated_at"), otherwise)
    if not status or not at:
        return None
    return ConsentChange(
        channel=channel, status=status, at=at, basis=clean_text(said.get("opt_in_level"))
    )
