"""Build the event that the topic of a WooCommerce delivery names."""

from typing import Any, NamedTuple

from regulars.channels.contract import Draft
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.drafts.state_ids import set_state_id
from regulars.channels.fields.event_times import format_first_time
from regulars.channels.fields.json_values import as_object
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import build_traits

# Topic → the event's type, and the field with its time.
TOPICS = {
    "customer.created": ("Customer Created", "date_created"),
    "customer.updated": ("Customer Updated", "date_modified"),
    "customer.deleted": ("Customer Deleted", "date_modified"),
    "order.created": ("Order Created", "date_created"),
    "order.updated": ("Order Updated", "date_modified"),
    "order.restored": ("Order Updated", "date_modified"),
    "order.deleted": ("Order Deleted", "date_modified"),
    "product.created": ("Product Created", "date_created"),
    "product.updated": ("Product Updated", "date_modified"),
    "coupon.created": ("Coupon Created", "date_created"),
}


class WooCommerceDelivery(NamedTuple):
    """One delivery that was read, with the hash of its body and the buyer."""

    builder: EventBuilder
    topic: str
    body: dict[str, Any]
    content_hash: str
    default_currency: str
    person: PersonBuilder


def build_topic_draft(delivery: WooCommerceDelivery, **facts: Any) -> Draft:
    """Return the event of the topic. Orders and customers are also fetched, in other bytes."""
    body, topic = delivery.body, delivery.topic
    billing = as_object(body.get("billing"))
    traits = build_traits(country=billing.get("country"))
    key = (topic, delivery.content_hash)
    draft = delivery.builder.build_draft(
        TOPICS[topic][0], key, delivery.person, traits=traits, **facts
    )
    if not topic.startswith(("order.", "customer.")):
        return draft
    field = "date_created_gmt" if topic == "customer.created" else "date_modified_gmt"
    names = (delivery.builder.store, topic, clean_text(body.get("id")))
    return set_state_id(draft, format_first_time(body.get(field)), *names)
