"""Build deliveries of the providers that sell, with new unsigned delivery ids for every attempt."""

import json
from itertools import count
from typing import Any

from regulars.channels.contract import Request
from tests.support import shopify_deliveries as shop
from tests.support.deliveries import EMAIL_ADDRESS, EVENT_EPOCH, form_delivery, json_delivery
from tests.unit.channels import test_stripe, test_woocommerce

DAY = "2026-11-20T"
DELIVERY_IDS = count()  # every attempt has new unsigned ids


def stripe_delivery(
    type_: str, resource: dict[str, Any], second: int = 0, **changes: Any
) -> Request:
    event = {
        "id": f"evt_{type_}_{second}",
        "type": type_,
        "created": EVENT_EPOCH + second,
        "livemode": True,
    }
    return json_delivery(event | {"data": {"object": resource | changes}})


def shopify_delivery(topic: str, minute: int, **changes: Any) -> Request:
    body = shop.build_order(updated_at=f"{DAY}09:{minute:02}:00Z", **changes)
    return json_delivery(
        body, {"shop": shop.SHOP}, x_shopify_topic=topic, x_shopify_event_id=_make_delivery_id()
    )


def shopify_refunds(*amounts: str, currency: str = "EUR") -> list[dict[str, Any]]:
    transaction = {"kind": "refund", "status": "success", "currency": currency}
    return [
        {"id": id_, "transactions": [transaction | {"amount": a}]} for id_, a in enumerate(amounts)
    ]


def woocommerce_delivery(topic: str, status: str, minute: int, **changes: Any) -> Request:
    fields = {"status": status, "currency": "EUR", "total": "50.00"}
    modified = {"date_modified_gmt": f"{DAY}08:{minute:02}:00"}
    body = test_woocommerce.ORDER | fields | modified | changes
    return json_delivery(
        body, x_wc_webhook_topic=topic, x_wc_webhook_delivery_id=_make_delivery_id()
    )


def square_delivery(type_: str, resource: dict[str, Any], minute: int) -> Request:
    at = f"{DAY}09:{minute:02}:00Z"
    resources = {type_.partition(".")[0]: resource | {"updated_at": at}}
    event = {"type": type_, "event_id": f"{type_}{minute}", "created_at": at}
    return json_delivery(
        event | {"data": {"object": resources}}, square_retry_number=_make_delivery_id()
    )


def paypal_delivery(type_: str, resource: dict[str, Any], minute: int) -> Request:
    event = {"id": f"WH-{minute}", "event_type": type_, "create_time": f"{DAY}09:{minute:02}:00Z"}
    return json_delivery(event | {"resource": resource}, paypal_transmission_id=_make_delivery_id())


def paddle_delivery(type_: str, resource: dict[str, Any], minute: int) -> Request:
    event = {"event_id": f"evt_{minute}", "event_type": type_}
    at = {"occurred_at": f"{DAY}08:{minute:02}:00Z"}
    return json_delivery(event | at | {"data": {"customer_id": "ctm_1"} | resource})


def lemonsqueezy_delivery(event: str, id_: str, hour: int, **attributes: Any) -> Request:
    defaults = {"customer_id": 5, "user_email": EMAIL_ADDRESS, "currency": "EUR", "total": 1200}
    times = {"created_at": f"{DAY}0{hour}:00:00Z", "updated_at": f"{DAY}0{hour}:00:00Z"}
    data = {"id": id_, "attributes": defaults | times | attributes}
    return json_delivery(
        {"meta": {"event_name": event}, "data": data}, x_event_name=_make_delivery_id()
    )


def kofi_delivery(transaction: str, **changes: Any) -> Request:
    ids: dict[str, Any] = {"kofi_transaction_id": transaction, "message_id": f"m-{transaction}"}
    payment = {"type": "Subscription", "email": EMAIL_ADDRESS, "amount": "3.00", "currency": "EUR"}
    data = ids | payment | {"timestamp": f"{DAY}08:00:00Z"} | changes
    return form_delivery({"data": json.dumps(data)})


def gumroad_delivery(resource: str, **changes: str) -> Request:
    sale = {
        "sale_id": "s_1",
        "email": EMAIL_ADDRESS,
        "price": "1500",
        "sale_timestamp": f"{DAY}08:00:00Z",
    }
    return form_delivery(sale | {"resource_name": resource} | changes)


def _make_delivery_id() -> str:
    return str(next(DELIVERY_IDS))


INTENT, CHARGE, SESSION = test_stripe.INTENT, test_stripe.CHARGE, test_stripe.SESSION
REFUND, SALE = test_stripe.REFUND, test_stripe.SALE
INVOICE: dict[str, Any] = {
    "object": "invoice",
    "id": "in_1",
    "customer": "cus_1",
    "amount_paid": 4990,
}
SQUARE_PAYMENT: dict[str, Any] = {
    "id": "pay_1",
    "status": "COMPLETED",
    "customer_id": "C1",
    "created_at": f"{DAY}08:59:00Z",
}
SQUARE_PAYMENT |= {"total_money": {"amount": 1250, "currency": "EUR"}}
SQUARE_REFUND: dict[str, Any] = {
    "id": "re_1",
    "payment_id": "pay_1",
    "amount_money": {"amount": 250, "currency": "EUR"},
}
MONEY: dict[str, Any] = {"value": "30.00", "currency_code": "EUR"}
CAPTURE: dict[str, Any] = {"id": "cap_1", "amount": MONEY, "create_time": f"{DAY}08:59:00Z"}
CAPTURE |= {"supplementary_data": {"related_ids": {"order_id": "order_1"}}}
PAYPAL_ORDER: dict[str, Any] = {
    "id": "order_1",
    "purchase_units": [{"amount": MONEY}],
    "payer": {"payer_id": "p_1"},
}
PAYPAL_REFUND_LINKS = [{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/cap_1"}]
TRANSACTION: dict[str, Any] = {
    "id": "txn_1",
    "details": {"totals": {"total": "5000", "currency_code": "EUR"}},
}
ADJUSTMENT: dict[str, Any] = {"action": "refund", "transaction_id": "txn_1"}
ADJUSTMENT |= {"totals": {"total": "1000", "currency_code": "EUR"}}
FOREIGN_CURRENCY_TOTAL: dict[str, Any] = {
    "shop_money": {"amount": "47.40", "currency_code": "EUR"},
    "presentment_money": {"amount": "94.80", "currency_code": "USD"},
}
