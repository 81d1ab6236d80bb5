"""The goods and the money in a Shopify resource, from its decimal strings in the shop's own currency."""

from typing import Any

from regulars.channels.moments import first_of
from regulars.channels.reading import an_object, objects
from regulars.channels.scrub import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Item, OrderFact
from regulars.domain.money import check_line, currency_code, minor_units

MOST_QUANTITY = 1_000_000


def currency_of(body: dict[str, Any], default: str) -> str:
    """The currency of the amounts: the resource's, its lines', its transactions', or else the shop's."""
    lines = [
        an_object(an_object(line.get("price_set")).get("shop_money")).get("currency_code")
        for line in objects(body.get("line_items"))
    ]
    paid = [transaction.get("currency") for transaction in objects(body.get("transactions"))]
    said = next((code for code in (body.get("currency"), *lines, *paid) if code), default)
    return currency_code(said)


def items_of(kind: str, body: dict[str, Any], currency: str) -> tuple[Item, ...]:
    """The lines of an order, a checkout or a cart, what a refund takes back, or the product itself."""
    if kind == "products":
        prices = [variant.get("price") for variant in objects(body.get("variants"))]
        lines = [
            body | {"product_id": body.get("id"), "quantity": 1, "price": next(iter(prices), None)}
        ]
    elif kind == "refunds":
        lines = [
            an_object(line.get("line_item")) | {"quantity": line.get("quantity")}
            for line in objects(body.get("refund_line_items"))
        ]
    else:
        lines = objects(body.get("line_items"))
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
    return {"payment_id": _id(body, "id"), "amount": _amount(body.get("amount"), currency)}


def _snapshot(body: dict[str, Any], store: str, currency: str) -> OrderFact:
    total = _amount(body.get("total_price"), currency)
    return OrderFact(
        key=f"{store}/{_id(body, 'id')}",
        version=_version(body),
        placed_at=first_of(body.get("processed_at"), body.get("created_at")),
        status=_status(body),
        total=total,
        refunded=_refunded(body, total, currency),
        currency=currency,
    )


def _refund(body: dict[str, Any], store: str, currency: str) -> OrderFact:
    return OrderFact(
        key=f"{store}/{_id(body, 'order_id')}",
        version=_version(body),
        refunded=_paid_back(body, currency),
        refund_id=_id(body, "id"),
        currency=currency,
    )


def _version(body: dict[str, Any]) -> str:
    version = first_of(body.get("updated_at"), body.get("processed_at"), body.get("created_at"))
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
    """What was paid back; where no refund is listed, what edits took off the order."""
    refunds = objects(body.get("refunds"))
    if refunds:
        return sum(_paid_back(refund, currency) for refund in refunds)
    current = body.get("current_total_price")
    return max(0, total - _amount(current, currency)) if current is not None else 0


def _paid_back(refund: dict[str, Any], currency: str) -> int:
    return sum(
        _amount(transaction.get("amount"), currency)
        for transaction in objects(refund.get("transactions"))
        if transaction.get("kind") == "refund" and transaction.get("status") == "success"
    )


def _item(line: dict[str, Any], currency: str) -> Item | None:
    product_id = clean_text(line.get("product_id")) or clean_text(line.get("sku"))
    quantity = line.get("quantity")
    # A line edited away has quantity 0; a line of no product (a tip, a custom sale) still counts in the total.
    if not product_id or quantity == 0:
        return None
    if not isinstance(quantity, int) or not 0 < quantity <= MOST_QUANTITY:
        raise InvalidEventError("A quantity is not a positive whole number.", "invalid_quantity")
    price = None if line.get("price") is None else _amount(line["price"], currency)
    check_line(price, quantity)
    return Item(
        product_id,
        clean_text(line.get("title")),
        clean_text(line.get("product_type")),
        quantity,
        price,
    )


def _amount(value: object, currency: str) -> int:
    amount = minor_units(value, currency)
    if amount < 0:
        raise InvalidEventError("An amount is negative.", "negative_price")
    return amount


def _id(body: dict[str, Any], name: str) -> str:
    value = clean_text(body.get(name))
    if not value:
        raise InvalidEventError(f"The resource has no {name}.", "missing_id")
    return value
