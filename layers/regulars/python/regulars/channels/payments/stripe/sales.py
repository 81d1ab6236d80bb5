"""Translate Stripe sales into one order and one payment per PaymentIntent, whichever event arrives first."""

from typing import Any

from regulars.channels.contract import Draft
from regulars.channels.fields.json_values import as_object
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import select_texts
from regulars.channels.payments.stripe.orders import build_items, build_order
from regulars.channels.payments.stripe.records import (
    StripeEvent,
    find_sale_id,
    parse_stripe_money,
    parse_stripe_units,
    resource_id,
)
from regulars.domain.events import ConsentChange, OrderFact


def translate_checkout(event: StripeEvent) -> list[Draft]:
    """Return the order of a completed session of Checkout or of a payment link; unpaid, it is only placed."""
    session = event.resource
    if session.get("mode") == "setup":
        return [event.builder.build_draft("Checkout Completed", (event.id,), event.person)]
    is_paid = session.get("payment_status") in ("paid", "no_payment_required")
    currency, total = parse_stripe_money(event, "amount_total")
    order: OrderFact | None = build_order(event, currency, total, "paid" if is_paid else "placed")
    if session.get("mode") == "subscription" and not session.get("payment_intent"):
        # The PaymentIntent of the first invoice is the sale.
        order = None
    facts = {
        "currency": currency,
        "order": order,
        "items": build_items(session.get("line_items"), currency),
        "properties": select_texts(session, "mode", "status", "payment_status", "subscription")
        | {"session_id": resource_id(session)},
    }
    type_ = "Order Completed" if is_paid else "Order Created"
    key = (type_, resource_id(session))
    return [
        event.builder.build_draft(type_, key, event.person, **facts),
        *_translate_marketing_consent(event),
    ]


def translate_payment(event: StripeEvent) -> list[Draft]:
    """Return the payment, which its PaymentIntent and its charge report as the same event, and the order.

    Either of them carries the order, because the one that arrives first may not name the buyer.
    """
    resource = event.resource
    currency, amount = parse_stripe_money(event, "amount_received", "amount_captured", "amount")
    if not amount:  # the charge is authorized and not captured yet
        amount = parse_stripe_units(resource.get("amount"), currency)
    sale = find_sale_id(resource)
    method = clean_text(as_object(resource.get("payment_method_details")).get("type"))
    properties: dict[str, Any] = {"payment_id": sale, "amount": amount}
    properties |= {"method": method} if method else {}
    facts: dict[str, Any] = {"currency": currency, "properties": properties}
    if resource.get("captured") is False:
        key = ("Authorized", resource_id(resource))
        return [event.builder.build_draft("Payment Authorized", key, event.person, **facts)]
    payment = event.builder.build_draft(
        "Payment Succeeded", ("payment", sale), event.person, **facts
    )
    if _refers_to_payment(resource) and not _names_guest(resource):
        return [payment]
    facts["order"] = build_order(event, currency, amount, "paid")
    return [payment, event.builder.build_draft("Order Updated", (event.id,), event.person, **facts)]


def translate_failed_payment(event: StripeEvent) -> list[Draft]:
    """Return a failed payment attempt, which a charge and its PaymentIntent report as the same event."""
    resource = event.resource
    error = as_object(resource.get("last_payment_error"))
    is_charge = resource.get("object") == "charge"
    charge = resource_id(
        resource if is_charge else error.get("charge") or resource.get("latest_charge")
    )
    properties: dict[str, Any] = select_texts(resource, "failure_code") or {
        name: text for name, text in (("failure_code", clean_text(error.get("code"))),) if text
    }
    properties["payment_id"] = find_sale_id(resource)
    facts: dict[str, Any] = {"properties": properties}
    if resource.get("currency"):
        currency, amount = parse_stripe_money(event, "amount_due", "amount_total", "amount")
        facts["currency"], properties["amount"] = currency, amount
        if resource.get("object") == "checkout.session":
            # The order was placed when the session was completed.
            facts["order"] = build_order(event, currency, amount, "cancelled")
    key = ("failed", charge or resource_id(resource.get("charge")) or event.id)
    return [event.builder.build_draft("Payment Failed", key, event.person, **facts)]


def translate_paid_invoice(event: StripeEvent) -> list[Draft]:
    """Return a paid invoice; it has an order only if it names its PaymentIntent or was paid outside Stripe."""
    invoice = event.resource
    currency, amount = parse_stripe_money(event, "amount_paid", "total")
    # Without a paid amount, use the total of the invoice.
    total = amount or parse_stripe_units(invoice.get("total") or 0, currency)
    order = build_order(event, currency, total, "paid") if total and _is_sale(invoice) else None
    facts = {
        "currency": currency,
        "order": order,
        "items": build_items(invoice.get("lines"), currency),
        "properties": select_texts(invoice, "billing_reason", "subscription")
        | {"invoice_id": resource_id(invoice), "amount": total},
    }
    key = ("invoice paid", resource_id(invoice))
    return [event.builder.build_draft("Invoice Paid", key, event.person, **facts)]


def _is_sale(invoice: dict[str, Any]) -> bool:
    """Return whether a paid invoice shows a sale.

    An invoice that was paid by bank transfer or in cash has no PaymentIntent and is the sale itself.
    """
    return _refers_to_payment(invoice) or invoice.get("paid_out_of_band") is True


def _refers_to_payment(resource: dict[str, Any]) -> bool:
    """Return whether the resource refers to a payment that has events of its own."""
    return resource.get("object") != "payment_intent" and find_sale_id(resource) != resource_id(
        resource
    )


def _names_guest(resource: dict[str, Any]) -> bool:
    """Return whether a charge names a guest, whom its PaymentIntent cannot name."""
    billing = as_object(resource.get("billing_details"))
    return not resource.get("customer") and bool(billing.get("email") or billing.get("phone"))


def _translate_marketing_consent(event: StripeEvent) -> list[Draft]:
    """Return the consent that the buyer gave in Checkout. An empty box withdraws nothing."""
    if as_object(event.resource.get("consent")).get("promotions") != "opt_in":
        return []
    consent = ConsentChange(
        channel="email", status="granted", at=event.builder.occurred_at, basis="checkout"
    )
    key = ("subscribed", resource_id(event.resource))
    return [event.builder.build_draft("Subscribed", key, event.person, consents=(consent,))]
