"""Read the first line of an exported Shopify order: status, refunded amount, consent and buyer."""

from typing import Any

from regulars.channels.exports.buyers import build_buyer
from regulars.channels.exports.cells import choose_notation, parse_yes_no
from regulars.channels.exports.contract import File
from regulars.channels.fields.money import parse_amount
from regulars.channels.fields.numbers import strip_apostrophe
from regulars.channels.fields.person import PersonBuilder
from regulars.domain.events import ConsentChange

_PLACED_STATUSES = {"pending", "authorized", "voided", "expired"}


def read_status(head: Any) -> str:
    """Return cancelled, placed or paid."""
    if head["cancelled_at"].strip():
        return "cancelled"
    return "placed" if head["financial_status"].strip().lower() in _PLACED_STATUSES else "paid"


def parse_refunded_amount(head: Any, currency: str, file: File) -> int | None:
    """Return the refunded amount; None, which means everything, if only the status reports the refund."""
    if head["refunded"].strip():
        return parse_amount(head["refunded"], currency, notation=choose_notation(file))
    return None if head["financial_status"].strip().lower() == "refunded" else 0


def build_consents(head: Any, at: str) -> tuple[ConsentChange, ...]:
    """Return the consent to e-mail that the buyer granted with the order."""
    has_consent = parse_yes_no(head["accepts"]) and head["email"].strip()
    return (
        (ConsentChange(channel="email", status="granted", at=at, basis="checkout"),)
        if has_consent
        else ()
    )


def build_person(head: Any, file: File) -> PersonBuilder:
    """Return the buyer with the contact data of the order."""
    return build_buyer(
        file,
        country=head["country"],
        email=head["email"],
        phone=strip_apostrophe(head["phone"]) or head["billing_phone"],
        name=head["billing_name"],
    )
