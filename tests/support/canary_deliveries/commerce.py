"""The deliveries of shops."""

import json
from typing import Any

from tests.support.canaries import EMAIL, FULL_NAME, MESSAGE, PHONE, STREET_LINE, USER_NAME
from tests.support.canary_deliveries.delivery import TIME, build_form, build_json
from tests.support.canary_deliveries.personal_fields import ADDRESS_FIELDS, NAME_FIELDS

_LINE: dict[str, Any] = {
    "id": 1,
    "product_id": 8,
    "quantity": 1,
    "price": "10.00",
    "total": "10.00",
    "title": "Mug",
    "name": "Mug",
    "properties": [{"name": "Engraving", "value": MESSAGE}],
    "meta_data": [{"key": "Engraving", "value": FULL_NAME}],
}
_SHOPIFY_CUSTOMER: dict[str, Any] = {
    "id": 7,
    "email": EMAIL,
    "phone": PHONE,
    **NAME_FIELDS,
    "note": MESSAGE,
    "tags": FULL_NAME,
    "default_address": ADDRESS_FIELDS,
    "addresses": [ADDRESS_FIELDS],
    "created_at": TIME,
    "updated_at": TIME,
}
_SHOPIFY_ORDER: dict[str, Any] = {
    "id": 5,
    "created_at": TIME,
    "updated_at": TIME,
    "processed_at": TIME,
    "currency": "EUR",
    "total_price": "10.00",
    "email": EMAIL,
    "phone": PHONE,
    "contact_email": EMAIL,
    "note": MESSAGE,
    "note_attributes": [{"name": "gift", "value": MESSAGE}],
    "customer": _SHOPIFY_CUSTOMER,
    "billing_address": ADDRESS_FIELDS,
    "shipping_address": ADDRESS_FIELDS,
    "line_items": [_LINE],
    "landing_site": f"/?email={EMAIL}",
    "referring_site": f"https://a.example/{EMAIL}",
    "client_details": {"user_agent": FULL_NAME},
    "payment_details": {"credit_card_name": FULL_NAME},
}
_WOOCOMMERCE_ORDER: dict[str, Any] = {
    "id": 6,
    "status": "processing",
    "currency": "EUR",
    "total": "10.00",
    "date_created_gmt": "2026-11-20T09:00:00",
    "date_modified_gmt": "2026-11-20T09:00:00",
    "customer_id": 3,
    "customer_note": MESSAGE,
    "billing": ADDRESS_FIELDS,
    "shipping": ADDRESS_FIELDS,
    "meta_data": [{"key": "note", "value": MESSAGE}],
    "line_items": [_LINE],
}
_WOOCOMMERCE_CUSTOMER: dict[str, Any] = {
    "id": 3,
    "email": EMAIL,
    "username": USER_NAME,
    **NAME_FIELDS,
    "date_created_gmt": "2026-11-20T09:00:00",
    "date_modified_gmt": "2026-11-20T09:00:00",
    "billing": ADDRESS_FIELDS,
}
_LEMON_ORDER: dict[str, Any] = {
    "store_id": 1,
    "customer_id": 1,
    "user_name": FULL_NAME,
    "user_email": EMAIL,
    "currency": "EUR",
    "total": 1000,
    "status": "paid",
    "created_at": TIME,
    "updated_at": TIME,
    "order_number": 1,
    "first_order_item": {"id": 1, "product_id": 1, "quantity": 1, "price": 1000},
}
_KOFI_DONATION: dict[str, Any] = {
    "message_id": "k1",
    "timestamp": TIME,
    "type": "Shop Order",
    "from_name": FULL_NAME,
    "message": MESSAGE,
    "amount": "3.00",
    "currency": "EUR",
    "email": EMAIL,
    "kofi_transaction_id": "t1",
    "discord_username": USER_NAME,
    "shipping": {"full_name": FULL_NAME, "street_address": STREET_LINE, "telephone": PHONE},
    "shop_items": [{"direct_link_code": "a", "variation_name": "Blue", "quantity": 1}],
}

DELIVERIES = {
    "shopify": tuple(
        build_json(body, x_shopify_topic=topic, x_shopify_shop_domain="a.myshopify.com")
        for topic, body in {
            "orders/create": _SHOPIFY_ORDER,
            "customers/update": _SHOPIFY_CUSTOMER,
            "checkouts/create": _SHOPIFY_ORDER | {"token": "t"},
            "customers/data_request": {"customer": _SHOPIFY_CUSTOMER, "orders_requested": [5]},
        }.items()
    ),
    "woocommerce": (
        build_json(_WOOCOMMERCE_ORDER, x_wc_webhook_topic="order.created"),
        build_json(_WOOCOMMERCE_CUSTOMER, x_wc_webhook_topic="customer.created"),
    ),
    "lemonsqueezy": (
        build_json(
            {
                "meta": {"event_name": "order_created", "custom_data": {"note": MESSAGE}},
                "data": {"type": "orders", "id": "1", "attributes": _LEMON_ORDER},
            },
            x_event_name="order_created",
        ),
    ),
    "gumroad": (
        build_form(
            resource_name="sale",
            sale_id="s1",
            sale_timestamp=TIME,
            product_id="p",
            product_name="E-book",
            price="1500",
            currency="usd",
            email=EMAIL,
            full_name=FULL_NAME,
            custom_fields__reason=MESSAGE,
            shipping_information__street_address=STREET_LINE,
            url_params__email=EMAIL,
            referrer=f"https://a.example/?e={EMAIL}",
        ),
    ),
    "kofi": (build_form(data=json.dumps(_KOFI_DONATION)),),
}
