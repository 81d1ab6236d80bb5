"""Read the buyer of a WooCommerce resource."""

from typing import Any

from regulars.channels.contract import UnknownTopicError
from regulars.channels.fields.json_values import as_object
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text


def build_person(
    topic: str, body: dict[str, Any], store: str, default_country: str
) -> PersonBuilder:
    """Return the buyer. The delivery address is not read, because it may be that of a gift's recipient."""
    kind = topic.partition(".")[0]
    _check_kind(kind, body)
    billing = as_object(body.get("billing"))
    person = PersonBuilder(clean_text(billing.get("country")) or default_country)
    if kind in {"order", "customer"}:
        # The order of a guest has customer 0, which is not a customer.
        customer_id = body.get("id" if kind == "customer" else "customer_id")
        person.add_identifier("customer", customer_id, store)
    if kind == "customer":
        person.add_contact(body)
    person.add_contact(billing)
    return person


def _check_kind(kind: str, body: dict[str, Any]) -> None:
    """Raise UnknownTopicError for an order under another topic, because the topic is not signed.

    The number of an order must not be read as the number of a customer.
    """
    if kind != "order" and body.get("line_items") is not None:
        raise UnknownTopicError
