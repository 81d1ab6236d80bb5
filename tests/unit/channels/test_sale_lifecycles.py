"""Test the lifecycle of sales by provider: in any order of deliveries, one order, one payment and the exact amount."""

from collections.abc import Sequence

import pytest

from regulars.channels.contract import Request
from regulars.domain.profiles import ProfileState
from tests.support.sale_deliveries import (
    ADJUSTMENT,
    CAPTURE,
    CHARGE,
    DAY,
    FOREIGN_CURRENCY_TOTAL,
    INTENT,
    INVOICE,
    PAYPAL_ORDER,
    PAYPAL_REFUND_LINKS,
    REFUND,
    SALE,
    SESSION,
    SQUARE_PAYMENT,
    SQUARE_REFUND,
    TRANSACTION,
    gumroad_delivery,
    kofi_delivery,
    lemonsqueezy_delivery,
    paddle_delivery,
    paypal_delivery,
    shopify_delivery,
    shopify_refunds,
    square_delivery,
    stripe_delivery,
    woocommerce_delivery,
)
from tests.support.sale_lifecycles import list_outcomes, replay_deliveries

CREDIT_LINE = {"product_id": 9, "quantity": 1}
PRORATED_TRANSACTION = {"id": "txn_2", "details": TRANSACTION["details"] | {"line_items": [
    {"product": {"id": "pro_1"}, "quantity": 1, "unit_totals": {"subtotal": "-300"}},
]}}  # fmt: skip
NEGATIVE_LINES = {
    "data": [{"quantity": 1, "amount": -300, "price": {"product": "p", "unit_amount": 300}}]
}
# Name → the channel, the deliveries, and the expected (orders, cancelled orders, net amount, payments).
LIFECYCLES: dict[str, tuple[str, Sequence[Request], tuple[int, int, int, int]]] = {
    "stripe, four events of a guest": (
        "stripe",
        [stripe_delivery(type_, resource) for type_, resource in SALE],
        (1, 0, 4990, 1),
    ),
    "stripe, refunded twice": (
        "stripe",
        [
            stripe_delivery("payment_intent.succeeded", INTENT, 1),
            stripe_delivery("charge.succeeded", CHARGE),
            stripe_delivery("refund.created", REFUND, 60),
            stripe_delivery("charge.refunded", CHARGE, 60, amount_refunded=990),
            stripe_delivery("refund.created", REFUND, 90, id="re_2", amount=1000),
            stripe_delivery("charge.refunded", CHARGE, 90, amount_refunded=1990),
        ],
        (1, 0, 3000, 1),
    ),
    "stripe, refund without its charge": (
        "stripe",
        [
            stripe_delivery("checkout.session.completed", SESSION, 2),
            stripe_delivery("payment_intent.succeeded", INTENT, 1),
            stripe_delivery("refund.created", REFUND, 60),
        ],
        (1, 0, 4000, 1),
    ),
    "stripe, a subscription and its renewal": (
        "stripe",
        [
            stripe_delivery("checkout.session.completed", SESSION, 3, mode="subscription", payment_intent=None, customer="cus_1"),
            stripe_delivery("invoice.paid", INVOICE, 2, currency="eur"),
            stripe_delivery("payment_intent.succeeded", INTENT, 1, customer="cus_1"),
            stripe_delivery("charge.succeeded", CHARGE, 1, customer="cus_1"),
            stripe_delivery("payment_intent.succeeded", INTENT, 9000, customer="cus_1", id="pi_2"),
            stripe_delivery("charge.succeeded", CHARGE, 9000, customer="cus_1", id="ch_2", payment_intent="pi_2"),
        ],
        (2, 0, 9980, 2),
    ),
    "stripe, authorization released": (
        "stripe",
        [
            stripe_delivery("charge.succeeded", CHARGE, captured=False, amount_captured=0),
            stripe_delivery("charge.refunded", CHARGE, 9, captured=False, amount_refunded=4990),
        ],
        (0, 0, 0, 0),
    ),
    "stripe, invoice paid by bank transfer": (
        "stripe",
        [stripe_delivery("invoice.paid", INVOICE, currency="eur", paid_out_of_band=True)],
        (1, 0, 4990, 0),
    ),
    "shopify, from order to refund": (
        "shopify",
        [
            shopify_delivery("orders/create", 0, financial_status="pending"),
            shopify_delivery("orders/paid", 1),
            shopify_delivery("orders/updated", 5, refunds=shopify_refunds("10.00")),
            shopify_delivery("orders/updated", 7, refunds=shopify_refunds("10.00", "7.40")),
        ],
        (1, 0, 3000, 0),
    ),
    "shopify, cancelled in the second of the payment": (
        "shopify",
        [shopify_delivery("orders/paid", 1), shopify_delivery("orders/cancelled", 1, cancelled_at=f"{DAY}09:01:00Z")],
        (0, 1, 0, 0),
    ),
    "shopify, paid and refunded in another currency": (
        "shopify",
        [
            shopify_delivery("orders/paid", 1, total_price_set=FOREIGN_CURRENCY_TOTAL),
            shopify_delivery(
                "orders/updated",
                2,
                total_price_set=FOREIGN_CURRENCY_TOTAL,
                refunds=shopify_refunds("20.00", currency="USD"),
            ),
        ],
        (1, 0, 3740, 0),
    ),
    "shopify, edited before it was paid": (
        "shopify",
        [
            shopify_delivery("orders/create", 1, financial_status="pending"),
            shopify_delivery("orders/edited", 2, current_total_price="40.00", refunds=[{"id": 1, "transactions": []}]),
        ],
        (1, 0, 4000, 0),
    ),
    "woocommerce, payment pending": (
        "woocommerce",
        [woocommerce_delivery("order.created", "pending", 0, date_paid_gmt=None)],
        (0, 0, 0, 0),
    ),
    "woocommerce, from order to refund": (
        "woocommerce",
        [
            woocommerce_delivery("order.created", "pending", 0, date_paid_gmt=None),
            woocommerce_delivery("order.updated", "processing", 1),
            woocommerce_delivery("order.updated", "completed", 30),
            woocommerce_delivery("order.updated", "completed", 40, refunds=[{"id": 1, "total": "-10.00"}]),
            woocommerce_delivery("order.updated", "completed", 41, refunds=[{"id": 1, "total": "-10"}, {"id": 2, "total": "-5"}]),
        ],
        (1, 0, 3500, 0),
    ),
    "woocommerce, cancelled": (
        "woocommerce",
        [woocommerce_delivery("order.updated", "processing", 1), woocommerce_delivery("order.updated", "cancelled", 1)],
        (0, 1, 0, 0),
    ),
    "square": (
        "square",
        [
            square_delivery("payment.created", SQUARE_PAYMENT | {"status": "APPROVED"}, 0),
            square_delivery("payment.updated", SQUARE_PAYMENT, 1),
            square_delivery("payment.updated", SQUARE_PAYMENT | {"refunded_money": SQUARE_REFUND["amount_money"]}, 30),
            square_delivery("refund.updated", SQUARE_REFUND | {"status": "COMPLETED"}, 31),
        ],
        (1, 0, 1000, 1),
    ),
    "paypal": (
        "paypal",
        [
            paypal_delivery("CHECKOUT.ORDER.APPROVED", PAYPAL_ORDER, 0),
            paypal_delivery("PAYMENT.CAPTURE.COMPLETED", CAPTURE, 1),
            paypal_delivery("PAYMENT.CAPTURE.REFUNDED", CAPTURE | {"id": "re_1", "links": PAYPAL_REFUND_LINKS}, 2),
        ],
        (1, 0, 0, 1),
    ),
    "paddle, two refunds approved and one rejected": (
        "paddle",
        [
            paddle_delivery("transaction.paid", TRANSACTION, 0),
            paddle_delivery("transaction.completed", TRANSACTION, 1),
            paddle_delivery("adjustment.created", ADJUSTMENT | {"id": "adj_1", "status": "pending_approval"}, 10),
            paddle_delivery("adjustment.updated", ADJUSTMENT | {"id": "adj_1", "status": "approved"}, 20),
            paddle_delivery("adjustment.created", ADJUSTMENT | {"id": "adj_2", "status": "approved"}, 30),
            paddle_delivery("adjustment.updated", ADJUSTMENT | {"id": "adj_3", "status": "rejected"}, 40),
        ],
        (1, 0, 3000, 1),
    ),
    "lemon squeezy, with a renewal": (
        "lemonsqueezy",
        [
            lemonsqueezy_delivery("order_created", "1", 1, status="paid"),
            lemonsqueezy_delivery("subscription_payment_success", "31", 1, billing_reason="initial"),
            lemonsqueezy_delivery("order_refunded", "1", 2, status="partial_refund", refunded_amount=200),
            lemonsqueezy_delivery("order_refunded", "1", 3, status="refunded", refunded_amount=1200),
            lemonsqueezy_delivery("subscription_payment_success", "32", 4, billing_reason="renewal"),
        ],
        (2, 0, 1200, 2),
    ),
    "gumroad": ("gumroad", [gumroad_delivery("sale"), gumroad_delivery("refund", refunded="true")], (1, 0, 0, 0)),
    "ko-fi": ("kofi", [kofi_delivery("t_1", is_first_subscription_payment=True), kofi_delivery("t_2")], (2, 0, 600, 1)),
}  # fmt: skip


def summarize_orders(state: ProfileState) -> tuple[int, int, int, int]:
    orders = state.orders
    payments = state.counts.get("Payment Succeeded", 0)
    return orders.count, orders.cancelled, sum(orders.money.values()), payments


@pytest.mark.parametrize("name", LIFECYCLES)
def test_lifecycle_has_the_same_outcome_in_any_order(name: str) -> None:
    channel, deliveries, expected = LIFECYCLES[name]
    ((person,),) = list_outcomes(channel, deliveries)
    assert summarize_orders(person) == expected


@pytest.mark.parametrize(
    ("channel", "delivery"),
    [
        ("woocommerce", woocommerce_delivery("order.updated", "processing", 1, line_items=[CREDIT_LINE | {"price": -5}])),
        ("shopify", shopify_delivery("orders/paid", 1, line_items=[CREDIT_LINE | {"price": "-5.00"}])),
        ("paddle", paddle_delivery("transaction.completed", PRORATED_TRANSACTION, 1)),
        ("stripe", stripe_delivery("invoice.paid", INVOICE, payment_intent="pi_1", currency="eur", lines=NEGATIVE_LINES)),
    ],
)  # fmt: skip
def test_sale_counts_when_a_line_is_negative(channel: str, delivery: Request) -> None:
    (person,) = replay_deliveries(channel, [delivery])
    assert (person.orders.count, person.orders.quantity) == (1, 0)
