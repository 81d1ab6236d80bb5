"""Read the items, amounts and order of a Shopify resource from its decimal strings in the currency of the shop."""

from typing import Any

from regulars.channels.fields.event_times import build_version, format_first_time
from regulars.channels.fields.json_values import as_object, list_objects
from regulars.channels.fields.money import is_deduction, parse_amount, parse_currency
from regulars.channels.fields.quantities import parse_quantity
from regulars.channels.fields.redaction import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Item, OrderFact
from regulars.domain.money import check_line_total

_MOST_REFUNDS = 99  # that a version can count


def find_currency(body: dict[str, Any], default: str) -> str:
    """Return the currency of the amounts: that of the resource, a line or a transaction, else that of the shop."""
    lines = [
        as_object(as_object(line.get("price_set")).get("shop_money")).get("currency_code")
        for line in list_objects(body.get("line_items"))
    ]
    paid = [transaction.get("currency") for transaction in list_objects(body.get("transactions"))]
    return parse_currency(body.get("currency"), *lines, *paid, default)


def items_of(kind: str, body: dict[str, Any], currency: str) -> tuple[Item, ...]:
    """The lines of an order, a checkout or a cart, what a refund takes back, or the product itself."""
    if kind == "products":
        prices = [variant.get("price") for variant in list_objects(body.get("variants"))]
        lines = [
            body | {"product_id": body.get("id"), "quantity": 1, "price": next(iter(prices), None)}
        ]
    elif kind == "refunds":
        lines = [
            as_object(line.get("line_item")) | {"quantity": line.get("quantity")}
            for line in list_objects(body.get("refund_line_items"))
        ]
    else:
        lines = list_objects(body.get("line_items"))
    return tuple(item for item in (_item(line, currency) for line in lines) if item)


def order_of(kind: str, body: dict[str, Any], store: str, currency: str) -> OrderFact | None:
    """What an order or a refund says about the order; None for other resources."""
    if kind == "orders":
        return _snapshot(body, store, currency)
    if kind == "refunds":
        return _refund(body, store, currency)
    return None


def payment_of(topic: str, body: dict[str, Any], currency: str) -> dict[str, Any]:
    """What a payment's event says of it, in minor units; nothing for other topics."""
    if topic != "order_transactions/create":
        return {}
    return {"payment_id": _id(body, "id"), "amount": parse_amount(body.get("amount"), currency)}


def _snapshot(body: dict[str, Any], store: str, currency: str) -> OrderFact:
    total = parse_amount(body.get("total_price"), currency)
    status = _status(body)
    # Of two tellings of one second the cancelled, the one with more refunds, the paid one is the later.
    refunds = min(len(list_objects(body.get("refunds"))), _MOST_REFUNDS)
    rank = 500 * (status == "cancelled") + 2 * refunds + (status == "paid")
    return OrderFact(
        key=f"{store}/{_id(body, 'id')}",
        version=build_version(_version(body), rank),
        placed_at=format_first_time(body.get("processed_at"), body.get("created_at")),
        status=status,
        total=total,
        refunded=_refunded(body, total, currency),
        currency=currency,
    )


def _refund(body: dict[str, Any], store: str, currency: str) -> OrderFact:
    return OrderFact(
        key=f"{store}/{_id(body, 'order_id')}",
        version=_version(body),
        refunded=_paid_back(body, body, currency),
        refund_id=_id(body, "id"),
        currency=currency,
    )


def _version(body: dict[str, Any]) -> str:
    version = format_first_time(
        body.get("updated_at"), body.get("processed_at"), body.get("created_at")
    )
    if not version:
        raise InvalidEventError("The order does not say when it was changed.", "invalid_timestamp")
    return version


def _status(body: dict[str, Any]) -> str:
    if body.get("cancelled_at"):
        return "cancelled"
    return (
        "placed" if body.get("financial_status") in ("pending", "authorized", "voided") else "paid"
    )


def _refunded(body: dict[str, Any], total: int, currency: str) -> int:
    """What was paid back; where no money was, what edits took off the order."""
    back = sum(_paid_back(refund, body, currency) for refund in list_objects(body.get("refunds")))
    current = body.get("current_total_price")
    if back or current is None:
        return back
    return max(0, total - parse_amount(current, currency))


def _paid_back(refund: dict[str, Any], told: dict[str, Any], currency: str) -> int:
    """What a refund gave back in the shop's currency, in which `told` shows its total beside the buyer's."""
    said = as_object(told.get("total_price_set"))
    shop, buyer = as_object(said.get("shop_money")), as_object(said.get("presentment_money"))
    return sum(
        _in_shop_money(transaction, shop, buyer, currency)
        for transaction in list_objects(refund.get("transactions"))
        if transaction.get("kind") == "refund" and transaction.get("status") == "success"
    )


def _in_shop_money(
    transaction: dict[str, Any], shop: dict[str, Any], buyer: dict[str, Any], currency: str
) -> int:
    """A payment's amount: what the buyer paid in another currency, at the rate of the order."""
    paid_in = transaction.get("currency")
    if paid_in in (None, currency) or paid_in != buyer.get("currency_code"):
        return parse_amount(transaction.get("amount"), currency)
    paid = parse_currency(paid_in)
    whole = parse_amount(buyer.get("amount"), paid) or 1
    share = parse_amount(transaction.get("amount"), paid) * parse_amount(
        shop.get("amount"), currency
    )
    return (2 * share + whole) // (2 * whole)  # rounded, in whole numbers


def _item(line: dict[str, Any], currency: str) -> Item | None:
    product_id = clean_text(line.get("product_id")) or clean_text(line.get("sku"))
    quantity = line.get("quantity")
    # A line edited away has quantity 0; a line of no product (a tip, a custom sale) still counts in the total.
    if not product_id or quantity == 0 or is_deduction(line.get("price")):
        return None
    pieces = parse_quantity(quantity, integers_only=True)
    price = None if line.get("price") is None else parse_amount(line["price"], currency)
    check_line_total(price, pieces)
    return Item(
        product_id=product_id,
        name=clean_text(line.get("title")),
        category=clean_text(line.get("product_type")),
        quantity=pieces,
        price=price,
    )


def _id(body: dict[str, Any], name: str) -> str:
    value = clean_text(body.get(name))
    if not value:
        raise InvalidEventError(f"The resource has no {name}.", "missing_id")
    return value
