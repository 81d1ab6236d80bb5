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

_MAX_REFUNDS = 99  # that fit into a version


def find_currency(body: dict[str, Any], default: str) -> str:
    """Return the currency of the amounts: of the resource, a line or a transaction, else of the shop."""
    lines = [
        as_object(as_object(line.get("price_set")).get("shop_money")).get("currency_code")
        for line in list_objects(body.get("line_items"))
    ]
    paid = [transaction.get("currency") for transaction in list_objects(body.get("transactions"))]
    return parse_currency(body.get("currency"), *lines, *paid, default)


def build_items(kind: str, body: dict[str, Any], currency: str) -> tuple[Item, ...]:
    """Return the lines of an order, a checkout, a cart or a refund, or the product itself."""
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
    return tuple(item for item in (_build_item(line, currency) for line in lines) if item)


def build_order(kind: str, body: dict[str, Any], store: str, currency: str) -> OrderFact | None:
    """Return the facts about the order in an order or a refund; None for other resources."""
    if kind == "orders":
        return _build_snapshot(body, store, currency)
    if kind == "refunds":
        return _build_refund(body, store, currency)
    return None


def read_payment(topic: str, body: dict[str, Any], currency: str) -> dict[str, Any]:
    """Return the payment's id and its amount in minor units; {} for other topics."""
    if topic != "order_transactions/create":
        return {}
    return {
        "payment_id": _require_field_id(body, "id"),
        "amount": parse_amount(body.get("amount"), currency),
    }


def _build_snapshot(body: dict[str, Any], store: str, currency: str) -> OrderFact:
    total = parse_amount(body.get("total_price"), currency)
    status = _order_status(body)
    # Of two versions within one second, the cancelled one, then the one with more refunds, then the paid one wins.
    refunds = min(len(list_objects(body.get("refunds"))), _MAX_REFUNDS)
    rank = 500 * (status == "cancelled") + 2 * refunds + (status == "paid")
    return OrderFact(
        key=f"{store}/{_require_field_id(body, 'id')}",
        version=build_version(_order_version(body), rank),
        placed_at=format_first_time(body.get("processed_at"), body.get("created_at")),
        status=status,
        total=total,
        refunded=_sum_refunds(body, total, currency),
        currency=currency,
    )


def _build_refund(body: dict[str, Any], store: str, currency: str) -> OrderFact:
    return OrderFact(
        key=f"{store}/{_require_field_id(body, 'order_id')}",
        version=_order_version(body),
        refunded=_sum_refund_payments(body, body, currency),
        refund_id=_require_field_id(body, "id"),
        currency=currency,
    )


def _order_version(body: dict[str, Any]) -> str:
    version = format_first_time(
        body.get("updated_at"), body.get("processed_at"), body.get("created_at")
    )
    if not version:
        raise InvalidEventError("The order has no modification time.", "invalid_timestamp")
    return version


def _order_status(body: dict[str, Any]) -> str:
    if body.get("cancelled_at"):
        return "cancelled"
    return (
        "placed" if body.get("financial_status") in ("pending", "authorized", "voided") else "paid"
    )


def _sum_refunds(body: dict[str, Any], total: int, currency: str) -> int:
    """Return the refunded amount; without a refunded payment, the amount by which edits reduced the order."""
    refunded_amount = sum(
        _sum_refund_payments(refund, body, currency) for refund in list_objects(body.get("refunds"))
    )
    current = body.get("current_total_price")
    if refunded_amount or current is None:
        return refunded_amount
    return max(0, total - parse_amount(current, currency))


def _sum_refund_payments(
    refund: dict[str, Any], priced_resource: dict[str, Any], currency: str
) -> int:
    """Return what a refund paid back in the shop's currency; `priced_resource` has the total in both currencies."""
    total_price = as_object(priced_resource.get("total_price_set"))
    shop, buyer = (
        as_object(total_price.get("shop_money")),
        as_object(total_price.get("presentment_money")),
    )
    return sum(
        _to_shop_money(transaction, shop, buyer, currency)
        for transaction in list_objects(refund.get("transactions"))
        if transaction.get("kind") == "refund" and transaction.get("status") == "success"
    )


def _to_shop_money(
    transaction: dict[str, Any], shop: dict[str, Any], buyer: dict[str, Any], currency: str
) -> int:
    """Return the amount of a payment, converted at the rate of the order if the buyer paid in another currency."""
    payment_currency = transaction.get("currency")
    if payment_currency in (None, currency) or payment_currency != buyer.get("currency_code"):
        return parse_amount(transaction.get("amount"), currency)
    buyer_currency = parse_currency(payment_currency)
    buyer_total = parse_amount(buyer.get("amount"), buyer_currency) or 1
    scaled_amount = parse_amount(transaction.get("amount"), buyer_currency) * parse_amount(
        shop.get("amount"), currency
    )
    return (2 * scaled_amount + buyer_total) // (2 * buyer_total)  # rounded, in whole numbers


def _build_item(line: dict[str, Any], currency: str) -> Item | None:
    product_id = clean_text(line.get("product_id")) or clean_text(line.get("sku"))
    quantity = line.get("quantity")
    # A line that was edited away has quantity 0. A line without a product (a tip, a custom sale) counts in the total.
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


def _require_field_id(body: dict[str, Any], name: str) -> str:
    value = clean_text(body.get(name))
    if not value:
        raise InvalidEventError(f"The resource has no {name}.", "missing_id")
    return value
