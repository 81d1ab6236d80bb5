"""The deliveries of payment providers."""

from typing import Any

from tests.support.canaries import (
    CITY_NAME,
    EMAIL,
    FIRST_NAME,
    FULL_NAME,
    LAST_NAME,
    LOCAL_PHONE,
    MESSAGE,
    PHONE,
    STREET_LINE,
    USER_NAME,
)
from tests.support.canary_deliveries.delivery import EPOCH, TIME, CanaryDelivery, build_json
from tests.support.canary_deliveries.personal_fields import ADDRESS_FIELDS

_STRIPE_SESSION: dict[str, Any] = {
    "id": "cs_1",
    "object": "checkout.session",
    "created": EPOCH,
    "amount_total": 1000,
    "currency": "eur",
    "payment_status": "paid",
    "status": "complete",
    "customer_details": {
        "email": EMAIL,
        "name": FULL_NAME,
        "phone": PHONE,
        "address": ADDRESS_FIELDS,
    },
    "shipping_details": {"name": FULL_NAME, "address": ADDRESS_FIELDS},
    "metadata": {"email": EMAIL, "note": MESSAGE},
    "custom_fields": [{"key": "engraving", "text": {"value": MESSAGE}}],
}
_STRIPE_CUSTOMER: dict[str, Any] = {
    "id": "cus_1",
    "object": "customer",
    "created": EPOCH,
    "email": EMAIL,
    "name": FULL_NAME,
    "phone": PHONE,
    "description": MESSAGE,
    "address": ADDRESS_FIELDS,
    "metadata": {"note": MESSAGE},
}
_SQUARE_CUSTOMER: dict[str, Any] = {
    "id": "SQ1",
    "created_at": TIME,
    "updated_at": TIME,
    "email_address": EMAIL,
    "given_name": FIRST_NAME,
    "family_name": LAST_NAME,
    "nickname": USER_NAME,
    "phone_number": PHONE,
    "note": MESSAGE,
    "address": {"address_line_1": STREET_LINE, "locality": CITY_NAME},
}
_PADDLE_CUSTOMER: dict[str, Any] = {
    "id": "ctm_1",
    "name": FULL_NAME,
    "email": EMAIL,
    "locale": "en",
    "status": "active",
    "created_at": TIME,
    "updated_at": TIME,
    "custom_data": {"note": MESSAGE, "address": STREET_LINE},
}
_PAYPAL_CAPTURE: dict[str, Any] = {
    "id": "CAP1",
    "status": "COMPLETED",
    "amount": {"value": "10.00", "currency_code": "EUR"},
    "create_time": TIME,
    "update_time": TIME,
    "payer": {
        "email_address": EMAIL,
        "name": {"given_name": FIRST_NAME, "surname": LAST_NAME},
        "phone": {"phone_number": {"national_number": LOCAL_PHONE}},
        "address": ADDRESS_FIELDS,
    },
    "custom_id": EMAIL,
    "note_to_payer": MESSAGE,
}


def _build_stripe(type_: str, value: dict[str, Any]) -> CanaryDelivery:
    event = {"id": f"evt_{type_}", "object": "event", "type": type_, "created": EPOCH}
    return build_json(event | {"livemode": True, "data": {"object": value}})


DELIVERIES = {
    "stripe": (
        _build_stripe("checkout.session.completed", _STRIPE_SESSION),
        _build_stripe("customer.created", _STRIPE_CUSTOMER),
    ),
    "square": (
        build_json(
            {
                "merchant_id": "M",
                "type": "customer.created",
                "event_id": "e",
                "created_at": TIME,
                "data": {"type": "customer", "id": "SQ1", "object": {"customer": _SQUARE_CUSTOMER}},
            }
        ),
    ),
    "paddle": (
        build_json(
            {
                "event_id": "evt_1",
                "event_type": "customer.created",
                "occurred_at": TIME,
                "data": _PADDLE_CUSTOMER,
            }
        ),
    ),
    "paypal": (
        build_json(
            {
                "id": "WH-1",
                "event_type": "PAYMENT.CAPTURE.COMPLETED",
                "create_time": TIME,
                "resource_type": "capture",
                "summary": f"{FULL_NAME} paid",
                "resource": _PAYPAL_CAPTURE,
            }
        ),
    ),
}
