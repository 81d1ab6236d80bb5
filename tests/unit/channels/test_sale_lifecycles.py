"""The lives of sales, provider by provider: whatever comes first or twice, one order, one payment and the right money."""

from collections.abc import Sequence

import pytest

from regulars.channels.contract import Request
from regulars.domain.profiles import ProfileState
from tests.support.sale_deliveries import (
    ABROAD,
    ADJUSTMENT,
    BACK,
    CAPTURE,
    CHARGE,
    DAY,
    INTENT,
    INVOICE,
    PAYMENT,
    PAYPAL_ORDER,
    REFUND,
    SALE,
    SESSION,
    TRANSACTION,
    UP,
    gumroad,
    kofi,
    lemon,
    paddle,
    paypal,
    refunds,
    shopify,
    square,
    stripe,
    woo,
)
from tests.support.sale_lifecycles import lived, outcomes

CREDIT = {"product_id": 9, "quantity": 1}
PRORATED = {"id": "txn_2", "details": TRANSACTION["details"] | {"line_items": [
    {"product": {"id": "pro_1"}, "quantity": 1, "unit_totals": {"subtotal": "-300"}},
]}}  # fmt: skip
BACK_LINES = {
    "data": [{"quantity": 1, "amount": -300, "price": {"product": "p", "unit_amount": 300}}]
}
# A life: its channel, its deliveries; and what comes of it: orders, cancelled ones, net money, payments.
LIVES: dict[str, tuple[str, Sequence[Request], tuple[int, int, int, int]]] = {
    "stripe, four of a guest": (
        "stripe",
        [stripe(type_, thing) for type_, thing in SALE],
        (1, 0, 4990, 1),
    ),
    "stripe, refunded twice": (
        "stripe",
        [
            stripe("payment_intent.succeeded", INTENT, 1),
            stripe("charge.succeeded", CHARGE),
            stripe("refund.created", REFUND, 60),
            stripe("charge.refunded", CHARGE, 60, amount_refunded=990),
            stripe("refund.created", REFUND, 90, id="re_2", amount=1000),
            stripe("charge.refunded", CHARGE, 90, amount_refunded=1990),
        ],
        (1, 0, 3000, 1),
    ),
    "stripe, refunds told by themselves alone": (
        "stripe",
        [
            stripe("checkout.session.completed", SESSION, 2),
            stripe("payment_intent.succeeded", INTENT, 1),
            stripe("refund.created", REFUND, 60),
        ],
        (1, 0, 4000, 1),
    ),
    "stripe, a subscription and its renewal": (
        "stripe",
        [
            stripe("checkout.session.completed", SESSION, 3, mode="subscription", payment_intent=None, customer="cus_1"),
            stripe("invoice.paid", INVOICE, 2, currency="eur"),
            stripe("payment_intent.succeeded", INTENT, 1, customer="cus_1"),
            stripe("charge.succeeded", CHARGE, 1, customer="cus_1"),
            stripe("payment_intent.succeeded", INTENT, 9000, customer="cus_1", id="pi_2"),
            stripe("charge.succeeded", CHARGE, 9000, customer="cus_1", id="ch_2", payment_intent="pi_2"),
        ],
        (2, 0, 9980, 2),
    ),
    "stripe, authorised and let go": (
        "stripe",
        [
            stripe("charge.succeeded", CHARGE, captured=False, amount_captured=0),
            stripe("charge.refunded", CHARGE, 9, captured=False, amount_refunded=4990),
        ],
        (0, 0, 0, 0),
    ),
    "stripe, an invoice paid at the bank": (
        "stripe",
        [stripe("invoice.paid", INVOICE, currency="eur", paid_out_of_band=True)],
        (1, 0, 4990, 0),
    ),
    "shopify, to the end": (
        "shopify",
        [
            shopify("orders/create", 0, financial_status="pending"),
            shopify("orders/paid", 1),
            shopify("orders/updated", 5, refunds=refunds("10.00")),
            shopify("orders/updated", 7, refunds=refunds("10.00", "7.40")),
        ],
        (1, 0, 3000, 0),
    ),
    "shopify, cancelled in the second it was paid": (
        "shopify",
        [shopify("orders/paid", 1), shopify("orders/cancelled", 1, cancelled_at=f"{DAY}09:01:00Z")],
        (0, 1, 0, 0),
    ),
    "shopify, paid and given back in another currency": (
        "shopify",
        [
            shopify("orders/paid", 1, total_price_set=ABROAD),
            shopify("orders/updated", 2, total_price_set=ABROAD, refunds=refunds("20.00", currency="USD")),
        ],
        (1, 0, 3740, 0),
    ),
    "shopify, edited before it was paid": (
        "shopify",
        [
            shopify("orders/create", 1, financial_status="pending"),
            shopify("orders/edited", 2, current_total_price="40.00", refunds=[{"id": 1, "transactions": []}]),
        ],
        (1, 0, 4000, 0),
    ),
    "woocommerce, left at the till": (
        "woocommerce",
        [woo("order.created", "pending", 0, date_paid_gmt=None)],
        (0, 0, 0, 0),
    ),
    "woocommerce, to the end": (
        "woocommerce",
        [
            woo("order.created", "pending", 0, date_paid_gmt=None),
            woo("order.updated", "processing", 1),
            woo("order.updated", "completed", 30),
            woo("order.updated", "completed", 40, refunds=[{"id": 1, "total": "-10.00"}]),
            woo("order.updated", "completed", 41, refunds=[{"id": 1, "total": "-10"}, {"id": 2, "total": "-5"}]),
        ],
        (1, 0, 3500, 0),
    ),
    "woocommerce, cancelled": (
        "woocommerce",
        [woo("order.updated", "processing", 1), woo("order.updated", "cancelled", 1)],
        (0, 1, 0, 0),
    ),
    "square": (
        "square",
        [
            square("payment.created", PAYMENT | {"status": "APPROVED"}, 0),
            square("payment.updated", PAYMENT, 1),
            square("payment.updated", PAYMENT | {"refunded_money": BACK["amount_money"]}, 30),
            square("refund.updated", BACK | {"status": "COMPLETED"}, 31),
        ],
        (1, 0, 1000, 1),
    ),
    "paypal": (
        "paypal",
        [
            paypal("CHECKOUT.ORDER.APPROVED", PAYPAL_ORDER, 0),
            paypal("PAYMENT.CAPTURE.COMPLETED", CAPTURE, 1),
            paypal("PAYMENT.CAPTURE.REFUNDED", CAPTURE | {"id": "re_1", "links": UP}, 2),
        ],
        (1, 0, 0, 1),
    ),
    "paddle, given back in two parts and a third refused": (
        "paddle",
        [
            paddle("transaction.paid", TRANSACTION, 0),
            paddle("transaction.completed", TRANSACTION, 1),
            paddle("adjustment.created", ADJUSTMENT | {"id": "adj_1", "status": "pending_approval"}, 10),
            paddle("adjustment.updated", ADJUSTMENT | {"id": "adj_1", "status": "approved"}, 20),
            paddle("adjustment.created", ADJUSTMENT | {"id": "adj_2", "status": "approved"}, 30),
            paddle("adjustment.updated", ADJUSTMENT | {"id": "adj_3", "status": "rejected"}, 40),
        ],
        (1, 0, 3000, 1),
    ),
    "lemon squeezy, with a renewal": (
        "lemonsqueezy",
        [
            lemon("order_created", "1", 1, status="paid"),
            lemon("subscription_payment_success", "31", 1, billing_reason="initial"),
            lemon("order_refunded", "1", 2, status="partial_refund", refunded_amount=200),
            lemon("order_refunded", "1", 3, status="refunded", refunded_amount=1200),
            lemon("subscription_payment_success", "32", 4, billing_reason="renewal"),
        ],
        (2, 0, 1200, 2),
    ),
    "gumroad": ("gumroad", [gumroad("sale"), gumroad("refund", refunded="true")], (1, 0, 0, 0)),
    "ko-fi": ("kofi", [kofi("t_1", is_first_subscription_payment=True), kofi("t_2")], (2, 0, 600, 1)),
}  # fmt: skip


def summed(state: ProfileState) -> tuple[int, int, int, int]:
    orders = state.orders
    payments = state.counts.get("Payment Succeeded", 0)
    return orders.count, orders.cancelled, sum(orders.money.values()), payments


@pytest.mark.parametrize("name", LIVES)
def test_life_of_a_sale_is_the_same_in_any_order(name: str) -> None:
    channel, deliveries, expected = LIVES[name]
    ((person,),) = outcomes(channel, deliveries)
    assert summed(person) == expected


@pytest.mark.parametrize(
    ("channel", "delivery"),
    [
        ("woocommerce", woo("order.updated", "processing", 1, line_items=[CREDIT | {"price": -5}])),
        ("shopify", shopify("orders/paid", 1, line_items=[CREDIT | {"price": "-5.00"}])),
        ("paddle", paddle("transaction.completed", PRORATED, 1)),
        ("stripe", stripe("invoice.paid", INVOICE, payment_intent="pi_1", currency="eur", lines=BACK_LINES)),
    ],
)  # fmt: skip
def test_line_that_gives_back_does_not_lose_the_sale(channel: str, delivery: Request) -> None:
    (person,) = lived(channel, [delivery])
    assert (person.orders.count, person.orders.quantity) == (1, 0)
