"""Translate Square events of customers, orders, invoices, subscriptions and stock, and read the person they name."""

from typing import Any, NamedTuple

from regulars.channels.contract import Draft
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import format_first_time
from regulars.channels.fields.json_values import as_object, list_objects
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.texts import select_texts
from regulars.domain.events import ConsentChange

_TYPES = {
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


class Notice(NamedTuple):
    """One event of Square's: its type and id, the object it shows, and whether that was sold at the till."""

    builder: EventBuilder
    type: str
    id: str
    thing: dict[str, Any]
    is_till: bool
    person: PersonBuilder


def person_of(type_: str, thing: dict[str, Any], store: str, default_country: str) -> PersonBuilder:
    """Who the object names: a customer, the buyer of a payment or the recipient of an invoice."""
    person = PersonBuilder(default_country)
    recipient = as_object(thing.get("primary_recipient"))
    is_customer = type_.startswith("customer.")
    for value in (
        thing.get("id") if is_customer else None,
        thing.get("customer_id"),
        recipient.get("customer_id"),
    ):
        person.add_identifier("customer", value, store)
    for said in (thing if is_customer else {}, recipient):
        person.add_contact(
            {
                "email": said.get("email_address"),
                "phone": said.get("phone_number"),
                "first_name": said.get("given_name"),
                "last_name": said.get("family_name"),
            }
        )
    person.add_identifier("email", thing.get("buyer_email_address"))
    return person


def recorded(notice: Notice) -> list[Draft]:
    """An event that only says that something came to be or was changed; its money is told by the payment."""
    names = ("order_id", "location_id", "state", "status", "invoice_number", "plan_id")
    properties = select_texts(notice.thing, *names)
    return [_told(notice, _TYPES[notice.type], properties=properties)]


def customer(notice: Notice) -> list[Draft]:
    """A customer; of the e-mail preference only the denial says something, since nobody was asked before."""
    preferences = as_object(notice.thing.get("preferences"))
    consents: tuple[ConsentChange, ...] = ()
    if preferences.get("email_unsubscribed") is True:
        at = format_first_time(notice.thing.get("updated_at")) or notice.builder.occurred_at
        consents = (ConsentChange(channel="email", status="denied", at=at, basis="square"),)
    properties = select_texts(notice.thing, "creation_source")
    return [_told(notice, _TYPES[notice.type], properties=properties, consents=consents)]


def inventory(notice: Notice) -> list[Draft]:
    """The stock of each product and place."""
    names = ("catalog_object_id", "location_id", "quantity", "state")
    return [
        notice.builder.build_draft(
            "Inventory Updated",
            (notice.id, str(index)),
            notice.person,
            properties=select_texts(count, *names),
        )
        for index, count in enumerate(list_objects(notice.thing.get("inventory_counts")))
    ]


def _told(notice: Notice, type_: str, **told: Any) -> Draft:
    return notice.builder.build_draft(type_, (notice.id,), notice.person, **told)
