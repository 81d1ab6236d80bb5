"""Read the buyer of a Shopify resource: identifiers, contact data, traits and marketing consent."""

from typing import Any

from regulars.channels.fields.event_times import format_first_time
from regulars.channels.fields.json_values import as_object, list_objects
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.domain.events import ConsentChange

# `not_subscribed` is a person who was never asked: neither a grant nor a denial.
_CONSENT_STATUSES = {"subscribed": "granted", "unsubscribed": "denied", "pending": "pending"}
# The kinds whose body is the customer or the customer's consent.
_CUSTOMER_KINDS = {"customers", "customers_marketing_consent", "customers_email_marketing_consent"}
# The kinds that name no customer.
_ANONYMOUS_KINDS = {"products", "inventory_levels", "order_transactions", "refunds", "shop"}
_ANONYMOUS_IDS = ("anonymousId", "anonymous_id", "ajs_anonymous_id", "_anonymous_id")


def find_customer(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the customer resource: within an order, a checkout or a privacy request, or the body itself."""
    nested_customer = as_object(body.get("customer"))
    return body if kind in _CUSTOMER_KINDS and not nested_customer else nested_customer


def build_person(kind: str, body: dict[str, Any], shop: str, default_country: str) -> PersonBuilder:
    """Return the person of a resource: none for products, stock, payments, refunds, and a till sale without customer.

    The delivery address is not read, because it may be the address of a gift's recipient.
    """
    person = PersonBuilder(default_country)
    customer = find_customer(kind, body)
    # Without a customer, a till fills in the shop's own contact data, the same for every order.
    if kind in _ANONYMOUS_KINDS or (body.get("source_name") == "pos" and not customer):
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
        # A storefront writes the visitor's id to the cart, which connects the order to the visits.
        if attribute.get("name") in _ANONYMOUS_IDS:
            person.add_identifier("anonymous_id", attribute.get("value"))
    return person


def build_consents(kind: str, body: dict[str, Any]) -> tuple[ConsentChange, ...]:
    """Return the marketing consents of the customer resource, each with the time of the consent."""
    customer = find_customer(kind, body)
    consents = (
        _build_consent(channel, as_object(customer.get(f"{channel}_marketing_consent")), customer)
        for channel in ("email", "sms")
    )
    return tuple(consent for consent in consents if consent)


def read_traits(kind: str, body: dict[str, Any]) -> dict[str, str]:
    """Return country and language, from the customer's own address."""
    customer = find_customer(kind, body)
    address = as_object(customer.get("default_address")) or as_object(body.get("billing_address"))
    values = {"country": address.get("country_code"), "locale": body.get("customer_locale")}
    texts = {name: clean_text(value)[:16] for name, value in values.items()}
    return {name: text for name, text in texts.items() if text}


def _build_consent(
    channel: str, consent: dict[str, Any], customer: dict[str, Any]
) -> ConsentChange | None:
    status = _CONSENT_STATUSES.get(str(consent.get("state")))
    # A grant without a time is dated from the creation, so that it does not override a denial since then.
    fallback_time = customer.get("updated_at" if status == "denied" else "created_at")
    at = format_first_time(consent.get("consent_updated_at"), fallback_time)
    if not status or not at:
        return None
    return ConsentChange(
        channel=channel, status=status, at=at, basis=clean_text(consent.get("opt_in_level"))
    )
