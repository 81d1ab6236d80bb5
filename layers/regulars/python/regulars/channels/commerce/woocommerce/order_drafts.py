"""Translate a WooCommerce order and the milestones that its status implies."""

from typing import Any

from regulars.channels.commerce.woocommerce.delivery import WooCommerceDelivery, build_topic_draft
from regulars.channels.commerce.woocommerce.orders import build_order_facts, list_milestones
from regulars.channels.contract import Draft
from regulars.channels.fields.json_values import list_objects
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import require_id, select_texts


def translate_order(delivery: WooCommerceDelivery) -> list[Draft]:
    """Return the event of the topic, and an event for each milestone of the order."""
    builder, body = delivery.builder, delivery.body
    order_id = require_id(body.get("id"), "id")
    order_facts = build_order_facts(body, f"{builder.store}/{order_id}", delivery.default_currency)
    properties = _read_order_properties(body)
    drafts = [build_topic_draft(delivery, **order_facts, properties=properties)]
    for type_, key, at, overrides in list_milestones(body, order_facts["order"]):
        milestone_facts = order_facts | overrides | {"properties": properties}
        milestone_builder = builder.copy_at(at)
        drafts.append(
            milestone_builder.build_draft(
                type_, ("order", order_id, *key), delivery.person, **milestone_facts
            )
        )
    return drafts


def _read_order_properties(body: dict[str, Any]) -> dict[str, str]:
    properties = select_texts(body, "status", "created_via", "payment_method")
    codes = [clean_text(line.get("code")) for line in list_objects(body.get("coupon_lines"))]
    return properties | ({"coupon": ",".join(codes[:5])} if codes else {})
