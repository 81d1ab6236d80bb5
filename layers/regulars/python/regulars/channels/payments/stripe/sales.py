"""Translate Stripe sales into one order and one payment per PaymentIntent, whichever event arrives first."""

from typing import Any

import msgspec

from regulars.channels.contract import Draft
from regulars.channels.fields.event_times import build_version, from_epoch
from regulars.channels.fields.items import build_item
from regulars.channels.fields.json_values import as_object, list_objects
from regulars.channels.fields.money import is_deduction
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import select_texts
from regulars.channels.payments.stripe.records import (
    Notice,
    id_of,
    parse_stripe_money,
    parse_stripe_units,
    sale_of,
)
from regulars.domain.events import ConsentChange, Item, OrderFact
from regulars.domain.times import to_text

# Of several that show a sale in the same second, the one that knows most counts.
_RANKS = {"payment_intent": 0, "charge": 1, "invoice": 2, "checkout.session": 3}
_UNPAID_REFUNDS = {"failed", "canceled"}


def checked_out(notice: Notice) -> list[Draft]:
    """A session of Checkout, or of a payment link, that was completed; until it is paid, the order is only placed."""
    session = notice.thing
    if session.get("mode") == "setup":
        return [notice.builder.build_draft("Checkout Completed", (notice.id,), notice.person)]
    is_paid = session.get("payment_status") in ("paid", "no_payment_required")
    currency, total = parse_stripe_money(notice, "amount_total")
    order: OrderFact | None = _order(notice, currency, total, "paid" if is_paid else "placed")
    if session.get("mode") == "subscription" and not session.get("payment_intent"):
        # Its first invoice is paid by a PaymentIntent of its own, which is the sale.
        order = None
    told = {
        "currency": currency,
        "order": order,
        "items": _lines(session.get("line_items"), currency),
        "properties": select_texts(session, "mode", "status", "payment_status", "subscription")
        | {"session_id": id_of(session)},
    }
    type_ = "Order Completed" if is_paid else "Order Created"
    key = (type_, id_of(session))
    return [notice.builder.build_draft(type_, key, notice.person, **told), *_subscribed(notice)]


def paid(notice: Notice) -> list[Draft]:
    """A payment, by its PaymentIntent or its charge; the second of the twins is the same event.

    The order is shown beside it, by either, since the one that came first may not say who paid.
    """
    thing = notice.thing
    currency, amount = parse_stripe_money(notice, "amount_received", "amount_captured", "amount")
    if not amount:  # a charge that was authorised and not captured yet
        amount = parse_stripe_units(thing.get("amount"), currency)
    sale = sale_of(thing)
    method = clean_text(as_object(thing.get("payment_method_details")).get("type"))
    properties: dict[str, Any] = {"payment_id": sale, "amount": amount}
    properties |= {"method": method} if method else {}
    told: dict[str, Any] = {"currency": currency, "properties": properties}
    if thing.get("captured") is False:
        key = ("Authorized", id_of(thing))
        return [notice.builder.build_draft("Payment Authorized", key, notice.person, **told)]
    payment = notice.builder.build_draft(
        "Payment Succeeded", ("payment", sale), notice.person, **told
    )
    if _is_twin(thing) and not _names_guest(thing):
        return [payment]
    told["order"] = _order(notice, currency, amount, "paid")
    return [
        payment,
        notice.builder.build_draft("Order Updated", (notice.id,), notice.person, **told),
    ]


def failed(notice: Notice) -> list[Draft]:
    """An attempt to pay that failed; a charge and its PaymentIntent tell the same one."""
    thing = notice.thing
    error = as_object(thing.get("last_payment_error"))
    is_charge = thing.get("object") == "charge"
    charge = id_of(thing if is_charge else error.get("charge") or thing.get("latest_charge"))
    properties: dict[str, Any] = select_texts(thing, "failure_code") or {
        name: text for name, text in (("failure_code", clean_text(error.get("code"))),) if text
    }
    properties["payment_id"] = sale_of(thing)
    told: dict[str, Any] = {"properties": properties}
    if thing.get("currency"):
        currency, amount = parse_stripe_money(notice, "amount_due", "amount_total", "amount")
        told["currency"], properties["amount"] = currency, amount
        if thing.get("object") == "checkout.session":
            # It was placed when the session was completed.
            told["order"] = _order(notice, currency, amount, "cancelled")
    key = ("failed", charge or id_of(thing.get("charge")) or notice.id)
    return [notice.builder.build_draft("Payment Failed", key, notice.person, **told)]


def invoice_paid(notice: Notice) -> list[Draft]:
    """An invoice that was paid; it shows the order only where it says by which PaymentIntent."""
    invoice = notice.thing
    currency, amount = parse_stripe_money(notice, "amount_paid", "total")
    # What is written on the invoice, where what was paid is not said.
    total = amount or parse_stripe_units(invoice.get("total") or 0, currency)
    # Paid by bank transfer or in cash, it has no PaymentIntent and is the sale itself.
    is_sale = _is_twin(invoice) or invoice.get("paid_out_of_band") is True
    order = _order(notice, currency, total, "paid") if is_sale and total else None
    properties: dict[str, Any] = select_texts(invoice, "billing_reason", "subscription")
    properties |= {"invoice_id": id_of(invoice)}
    told = {
        "currency": currency,
        "order": order,
        "items": _lines(invoice.get("lines"), currency),
        "properties": properties | {"amount": total},
    }
    key = ("invoice paid", id_of(invoice))
    return [notice.builder.build_draft("Invoice Paid", key, notice.person, **told)]


def charge_refunded(notice: Notice) -> list[Draft]:
    """A charge of which something was given back, with all that was so far."""
    charge = notice.thing
    currency, total = parse_stripe_money(notice, "amount_captured", "amount")
    total = total or parse_stripe_units(charge.get("amount"), currency)
    back = parse_stripe_units(charge.get("amount_refunded") or 0, currency)
    told: dict[str, Any] = {
        "currency": currency,
        "properties": {"payment_id": sale_of(charge), "amount": back},
    }
    # Older versions list the refunds, newest first: then this is the same event as the refund's own. Newer ones do
    # not: then it is nobody's, so that a refund is counted once.
    refund = next(iter(list_objects(as_object(charge.get("refunds")).get("data"))), None)
    key, person = (notice.id, "refund"), PersonBuilder("")
    if refund:
        key, person = ("refund", id_of(refund)), notice.person
    payment = notice.builder.build_draft("Payment Refunded", key, person, **told)
    if charge.get("captured") is False:
        return [payment]  # authorised, and let go: nothing was sold
    told["order"] = msgspec.structs.replace(
        _order(notice, currency, total, "paid", min(back, total)),
        placed_at=to_text(from_epoch(charge.get("created"))),
    )
    return [
        payment,
        notice.builder.build_draft("Order Updated", (notice.id,), notice.person, **told),
    ]


def refunded(notice: Notice) -> list[Draft]:
    """A refund; one that failed gives nothing back, though a charge told before may have counted it."""
    refund = notice.thing
    currency, amount = parse_stripe_money(notice, "amount")
    has_failed = str(refund.get("status")) in _UNPAID_REFUNDS
    sale, refund_id = sale_of(refund), id_of(refund)
    order = OrderFact(
        key=f"{notice.builder.store}/{sale}",
        version=build_version(notice.builder.occurred_at, int(has_failed)),
        refunded=-amount if has_failed else amount,
        refund_id=refund_id,
        currency=currency,
    )
    told = {
        "currency": currency,
        "order": order,
        "properties": {"payment_id": sale, "refund_id": refund_id, "amount": amount},
    }
    type_ = "Refund Failed" if has_failed else "Payment Refunded"
    key = ("refund failed" if has_failed else "refund", refund_id)
    return [notice.builder.build_draft(type_, key, notice.person, **told)]


def _is_twin(thing: dict[str, Any]) -> bool:
    """Whether the object speaks of a payment that tells itself, too."""
    return thing.get("object") != "payment_intent" and sale_of(thing) != id_of(thing)


def _names_guest(thing: dict[str, Any]) -> bool:
    """Whether a charge names who its PaymentIntent cannot name."""
    billing = as_object(thing.get("billing_details"))
    return not thing.get("customer") and bool(billing.get("email") or billing.get("phone"))


def _order(
    notice: Notice, currency: str, total: int, status: str, refunded_so_far: int = 0
) -> OrderFact:
    rank = _RANKS.get(str(notice.thing.get("object")), 0)
    # A payment that came later than the session replaces "placed" by "paid", also within the same second.
    rank += 10 * (status == "paid") + 100 * bool(refunded_so_far)
    return OrderFact(
        key=f"{notice.builder.store}/{sale_of(notice.thing)}",
        version=build_version(notice.builder.occurred_at, rank),
        placed_at=notice.builder.occurred_at,
        status=status,
        total=total,
        refunded=refunded_so_far,
        currency=currency,
    )


def _lines(said: object, currency: str) -> tuple[Item, ...]:
    """The lines of an invoice, or of a session that was sent with them."""
    return tuple(
        item
        for line in list_objects(as_object(said).get("data"))
        if (item := _line(line, currency))
    )


def _line(line: dict[str, Any], currency: str) -> Item | None:
    price = as_object(line.get("price"))
    priced = as_object(as_object(line.get("pricing")).get("price_details"))
    product = id_of(price.get("product") or priced.get("product"))
    unit = price.get("unit_amount")
    if is_deduction(unit) or is_deduction(line.get("amount")):
        return None
    amount = None if unit is None else parse_stripe_units(unit, currency)
    return build_item(product, line.get("quantity"), amount, line.get("description"))


def _subscribed(notice: Notice) -> list[Draft]:
    """The consent that was ticked in Checkout. Leaving the box empty takes nothing back."""
    if as_object(notice.thing.get("consent")).get("promotions") != "opt_in":
        return []
    consent = ConsentChange(
        channel="email", status="granted", at=notice.builder.occurred_at, basis="checkout"
    )
    key = ("subscribed", id_of(notice.thing))
    return [notice.builder.build_draft("Subscribed", key, notice.person, consents=(consent,))]
