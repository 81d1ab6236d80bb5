"""Build the order of a Stripe sale and its items."""

from typing import Any

from regulars.channels.fields.event_times import build_version
from regulars.channels.fields.items import build_item
from regulars.channels.fields.json_values import as_object, list_objects
from regulars.channels.fields.money import is_deduction
from regulars.channels.payments.stripe.records import (
    StripeEvent,
    find_sale_id,
    parse_stripe_units,
    resource_id,
)
from regulars.domain.events import Item, OrderFact

# Of several resources that show a sale in the same second, the one with the most details wins.
_OBJECT_RANKS = {"payment_intent": 0, "charge": 1, "invoice": 2, "checkout.session": 3}


def build_order(
    event: StripeEvent, currency: str, total: int, status: str, refunded_amount: int = 0
) -> OrderFact:
    """Return the order of a sale at the time of the event; the key is that of its PaymentIntent."""
    rank = _OBJECT_RANKS.get(str(event.resource.get("object")), 0)
    # A payment after the session replaces "placed" by "paid", also within the same second.
    rank += 10 * (status == "paid") + 100 * bool(refunded_amount)
    return OrderFact(
        key=f"{event.builder.store}/{find_sale_id(event.resource)}",
        version=build_version(event.builder.occurred_at, rank),
        placed_at=event.builder.occurred_at,
        status=status,
        total=total,
        refunded=refunded_amount,
        currency=currency,
    )


def build_items(line_list: object, currency: str) -> tuple[Item, ...]:
    """Return the lines of an invoice, or of a session that includes them."""
    return tuple(
        item
        for line in list_objects(as_object(line_list).get("data"))
        if (item := _build_line_item(line, currency))
    )


def _build_line_item(line: dict[str, Any], currency: str) -> Item | None:
    price = as_object(line.get("price"))
    price_details = as_object(as_object(line.get("pricing")).get("price_details"))
    product = resource_id(price.get("product") or price_details.get("product"))
    unit_amount = price.get("unit_amount")
    if is_deduction(unit_amount) or is_deduction(line.get("amount")):
        return None
    amount = None if unit_amount is None else parse_stripe_units(unit_amount, currency)
    return build_item(product, line.get("quantity"), amount, line.get("description"))
