"""Translate Square events of customers, orders, invoices, subscriptions and stock, and read the person they name."""

from typing import Any, NamedTuple

from regulars.channels.contract import Draft
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import format_first_time
from regulars.channels.fields.json_values import as_object, list_objects
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.texts import select_texts
from regulars.domain.events import ConsentChange

_EVENT_TYPES = {
    "customer.created": "Customer Created",
    "customer.updated": "Customer Updated",
    "customer.deleted": "Customer Deleted",
    "order.created": "Order Created",
    "order.updated": "Order Updated",
    "order.fulfillment.updated": "Order Updated",
    "invoice.created": "Invoice Created",
    "invoice.payment_made": "Invoice Paid",
    "subscription.created": "Subscription Started",
    "subscription.updated": "Subscription Updated",
    "catalog.version.updated": "Product Updated",
}


class SquareEvent(NamedTuple):
    """One Square event: its type, its id, its resource, and whether it is a sale of Square Point of Sale."""

    builder: EventBuilder
    type: str
    id: str
    resource: dict[str, Any]
    is_point_of_sale: bool
    person: PersonBuilder


def build_person(
    type_: str, resource: dict[str, Any], store: str, default_country: str
) -> PersonBuilder:
    """Return the person that the resource names: a customer, the buyer of a payment or the recipient of an invoice."""
    person = PersonBuilder(default_country)
    recipient = as_object(resource.get("primary_recipient"))
    is_customer = type_.startswith("customer.")
    for value in (
        resource.get("id") if is_customer else None,
        resource.get("customer_id"),
        recipient.get("customer_id"),
    ):
        person.add_identifier("customer", value, store)
    for contact_fields in (resource if is_customer else {}, recipient):
        person.add_contact(
            {
                "email": contact_fields.get("email_address"),
                "phone": contact_fields.get("phone_number"),
                "first_name": contact_fields.get("given_name"),
                "last_name": contact_fields.get("family_name"),
            }
        )
    person.add_identifier("email", resource.get("buyer_email_address"))
    return person


def translate_record(event: SquareEvent) -> list[Draft]:
    """Return the event of a resource that was created or changed; its payment reports the money."""
    names = ("order_id", "location_id", "state", "status", "invoice_number", "plan_id")
    properties = select_texts(event.resource, *names)
    return [_build_draft(event, _EVENT_TYPES[event.type], properties=properties)]


def translate_customer(event: SquareEvent) -> list[Draft]:
    """Return the event of a customer. Only a denial of e-mail is a consent, because nobody was asked for a grant."""
    preferences = as_object(event.resource.get("preferences"))
    consents: tuple[ConsentChange, ...] = ()
    if preferences.get("email_unsubscribed") is True:
        at = format_first_time(event.resource.get("updated_at")) or event.builder.occurred_at
        consents = (ConsentChange(channel="email", status="denied", at=at, basis="square"),)
    properties = select_texts(event.resource, "creation_source")
    return [_build_draft(event, _EVENT_TYPES[event.type], properties=properties, consents=consents)]


def translate_inventory(event: SquareEvent) -> list[Draft]:
    """Return the stock of each product and location."""
    names = ("catalog_object_id", "location_id", "quantity", "state")
    return [
        event.builder.build_draft(
            "Inventory Updated",
            (event.id, str(index)),
            event.person,
            properties=select_texts(count, *names),
        )
        for index, count in enumerate(list_objects(event.resource.get("inventory_counts")))
    ]


def _build_draft(event: SquareEvent, type_: str, **facts: Any) -> Draft:
    return event.builder.build_draft(type_, (event.id,), event.person, **facts)
