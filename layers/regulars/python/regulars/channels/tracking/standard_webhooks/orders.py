"""Read the order of an event: its key, its status and its total."""

from decimal import Decimal
from typing import Any

from regulars.channels.contract import Request
from regulars.channels.fields.money import parse_amount, parse_currency, parse_minor_units
from regulars.channels.fields.redaction import clean_text
from regulars.channels.tracking.standard_webhooks.mapping import CHANNEL_NAME, read_field
from regulars.domain.events import OrderFact
from regulars.domain.money import MAX_MAJOR_UNITS, to_minor_units

_ORDER_STATUSES = {
    "Order Created": "placed",
    "Order Completed": "paid",
    "Order Cancelled": "cancelled",
}


def parse_order(request: Request, type_: str, body: dict[str, Any], at: str) -> OrderFact | None:
    """Return the order of the event, if it has an order id and a total."""
    order_id = clean_text(read_field(request, body, "order_id"))
    total = read_field(request, body, "total")
    status = _ORDER_STATUSES.get(type_)
    if not (order_id and status) or total is None:
        return None
    currency = parse_currency(read_field(request, body, "currency"), request.default_currency)
    return OrderFact(
        key=_order_key(request, order_id),
        version=at,
        placed_at=at,
        status=status,
        total=_parse_total(request, total, currency),
        currency=currency,
    )


def _order_key(request: Request, order_id: str) -> str:
    store = clean_text(request.config.get("store")) or f"{CHANNEL_NAME}/{request.source}"
    return f"{store}/{order_id}"


def _parse_total(request: Request, value: object, currency: str) -> int:
    """Return a total in minor units, which the source's config says the sender writes."""
    if request.config.get("amounts") != "minor":
        return parse_amount(value, currency, allow_negative=True)
    max_units = to_minor_units(Decimal(MAX_MAJOR_UNITS), currency)
    return parse_minor_units(value, integers_only=True, allow_negative=True, max_units=max_units)
