"""Translate a WooCommerce product and its stock."""

from typing import Any

from regulars.channels.commerce.woocommerce.delivery import WooCommerceDelivery, build_topic_draft
from regulars.channels.contract import Draft
from regulars.channels.fields.items import build_item
from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.channels.fields.texts import select_texts


def translate_product(delivery: WooCommerceDelivery) -> list[Draft]:
    """Return the event of a product, and the event of its stock if an update reports a managed stock."""
    builder, body = delivery.builder, delivery.body
    product_facts = _build_product_facts(body, parse_currency(delivery.default_currency))
    properties = select_texts(body, "status", "sku", "type")
    drafts = [build_topic_draft(delivery, **product_facts, properties=properties)]
    if delivery.topic == "product.updated" and body.get("manage_stock") is True:
        key = ("stock", delivery.content_hash)
        stock = select_texts(body, "stock_status", "stock_quantity")
        stock_facts = product_facts | {"properties": stock}
        drafts.append(builder.build_draft("Inventory Updated", key, delivery.person, **stock_facts))
    return drafts


def _build_product_facts(body: dict[str, Any], currency: str) -> dict[str, Any]:
    # The price is '' if the product has none, for example if only its variations have prices.
    price = parse_amount(body["price"], currency) if body.get("price") else None
    item = build_item(body.get("id"), 1, price, body.get("name"))
    return {"items": (item,) if item else (), "currency": currency}
