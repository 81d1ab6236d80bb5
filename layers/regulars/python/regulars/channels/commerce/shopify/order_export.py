"""Import the order CSV that Shopify exports.

**Export the file**

1. In Shopify, go to Orders → Export.
2. Choose *All orders* (or a date range) and *CSV for Excel, Numbers, or other spreadsheet programs*, then click
   Export orders. Do not choose *Transaction histories*, which is a different file.
3. Shopify sends more than 50 orders by e-mail, which can take some minutes.

Do not open the file in a spreadsheet program. It rounds the order IDs.

**Account**: the domain of the shop, such as `my-shop.myshopify.com`, as in its webhooks. The order IDs are those of
the webhooks, so the file and the webhooks describe the same orders.

**Stored**

* Products (by SKU, otherwise by name, because the file has no product IDs), quantities and amounts.
* Refunds, status, coupon and payment method; the billing country as a trait.
* E-mail address, phone number and name as contact data.
* *Accepts Marketing: yes* grants the consent to e-mail at the time of the order. A *no* withdraws nothing, because
  Shopify also writes it for customers who were never asked.

**Not stored**: addresses, notes, tags, staff and locations.

**Notes**

* Rows: the lines of an order are in several rows. Only the first row contains the fields of the order itself.
* Status: as with the webhooks, an unpaid order is an order and a cancelled order is not counted.
"""

from collections.abc import Iterator
from typing import Any

from regulars.channels.contract import Draft
from regulars.channels.exports.buyers import build_buyer
from regulars.channels.exports.contract import (
    ExportFormat,
    File,
    Line,
    RefuseLine,
    build_group_translator,
)
from regulars.channels.exports.drafts import (
    build_export_draft,
    build_order_snapshot,
    build_store_key,
)
from regulars.channels.exports.fields import (
    choose_notation,
    parse_export_id,
    parse_yes_no,
    require_export_id,
)
from regulars.channels.exports.refusals import RefusedLineError
from regulars.channels.exports.times import parse_export_time, require_export_time
from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.channels.fields.numbers import Notation, strip_apostrophe
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.quantities import parse_quantity_cell
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import select_texts
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import ConsentChange, Item
from regulars.domain.money import check_line_total

_COLUMNS = {
    "name": "Name",
    "id": "Id|Order ID",
    "email": "Email",
    "phone": "Phone",
    "billing_phone": "Billing Phone",
    "billing_name": "Billing Name",
    "country": "Billing Country",
    "financial_status": "Financial Status",
    "fulfillment_status": "Fulfillment Status",
    "created_at": "Created at",
    "paid_at": "Paid at",
    "fulfilled_at": "Fulfilled at",
    "cancelled_at": "Cancelled at|Canceled at",
    "accepts": "Accepts Marketing",
    "currency": "Currency",
    "total": "Total",
    "refunded": "Refunded Amount",
    "coupon": "Discount Code",
    "gateway": "Payment Method",
    "source": "Source",
    "quantity": "Lineitem quantity",
    "product": "Lineitem name",
    "price": "Lineitem price",
    "sku": "Lineitem SKU",
}
_KEY = ("name",)
_PLACED = {"pending", "authorized", "voided", "expired"}
_TYPES = {"paid": "Order Completed", "placed": "Order Created", "cancelled": "Order Cancelled"}


def translate_group(lines: list[Line], file: File, refuse: RefuseLine) -> list[Draft]:
    """Return the order that these lines describe."""
    own = list(_own(lines, refuse))
    head = own[0].said
    currency = parse_currency(head["currency"], file.default_currency)
    created = require_export_time(head["created_at"], file)
    changed = [
        parse_export_time(head[name], file) for name in ("paid_at", "fulfilled_at", "cancelled_at")
    ]
    status = _status(head)
    order_id, store = require_export_id(head["id"]), build_store_key("shopify", file).lower()
    order = build_order_snapshot(
        file,
        f"{store}/{order_id}",
        created,
        *changed,
        status=status,
        total=parse_amount(head["total"], currency, notation=choose_notation(file)),
        refunded=_refunded(head, currency, file),
        currency=currency,
    )
    country = clean_text(head["country"])
    told: dict[str, Any] = {
        "currency": currency,
        "order": order,
        "items": tuple(_items(own, currency, file, refuse)),
        "consents": _consents(head, created),
        "traits": {"country": country} if len(country) == len("NL") else {},
        "properties": select_texts(
            head, "financial_status", "fulfillment_status", "gateway", "coupon"
        ),
    }
    channel = "pos" if head["source"] == "pos" else "shop"
    key = (store, "order", order_id)
    return [
        build_export_draft(
            file, _TYPES[status], (channel, created), _person(head, file), key, **told
        )
    ]


def _own(lines: list[Line], refuse: RefuseLine) -> Iterator[Line]:
    """The lines of the order, the one with its own fields first; a file that was put together may hold it twice."""
    head = next((line for line in lines if line.said["id"].strip()), None)
    if head is None:
        raise RefusedLineError("first_line_missing")
    yield head
    is_repeated = False
    for line in lines:
        if line is not head and line.said["id"].strip():
            is_repeated = line.said == head.said or line.said["id"] != head.said["id"]
        if is_repeated:
            refuse(line.number, "repeated_order")
        elif line is not head:
            yield line


def _items(lines: list[Line], currency: str, file: File, refuse: RefuseLine) -> Iterator[Item]:
    notation = choose_notation(file)
    for line in lines:
        try:
            product = parse_export_id(line.said["sku"]) or clean_text(line.said["product"])
            # A line edited away has quantity 0; one that takes off the bill still counts in the total.
            if (
                product
                and line.said["quantity"].strip() != "0"
                and not _is_deduction(line, currency, notation)
            ):
                yield _item(product, line, currency, notation)
        except InvalidEventError as error:
            refuse(line.number, error.code)


def _is_deduction(line: Line, currency: str, notation: Notation) -> bool:
    price = parse_amount(
        line.said["price"], currency, notation=notation, allow_negative=True, blank=0
    )
    return price < 0


def _item(product: str, line: Line, currency: str, notation: Notation) -> Item:
    said = line.said
    quantity = parse_quantity_cell(said["quantity"], notation, blank=1, fraction=1)
    price = parse_amount(said["price"], currency, notation=notation, blank=0)
    check_line_total(price, quantity)
    return Item(
        product_id=product, name=clean_text(said["product"]), quantity=quantity, price=price
    )


def _status(head: Any) -> str:
    if head["cancelled_at"].strip():
        return "cancelled"
    return "placed" if head["financial_status"].strip().lower() in _PLACED else "paid"


def _refunded(head: Any, currency: str, file: File) -> int | None:
    """What was paid back; None, which is everything, where only the status says it."""
    if head["refunded"].strip():
        return parse_amount(head["refunded"], currency, notation=choose_notation(file))
    return None if head["financial_status"].strip().lower() == "refunded" else 0


def _consents(head: Any, at: str) -> tuple[ConsentChange, ...]:
    is_given = parse_yes_no(head["accepts"]) and head["email"].strip()
    return (
        (ConsentChange(channel="email", status="granted", at=at, basis="checkout"),)
        if is_given
        else ()
    )


def _person(head: Any, file: File) -> PersonBuilder:
    return build_buyer(
        file,
        country=head["country"],
        email=head["email"],
        phone=strip_apostrophe(head["phone"]) or head["billing_phone"],
        name=head["billing_name"],
    )


EXPORT_FORMAT = ExportFormat(
    title="Shopify orders",
    channel="shopify",
    page=__doc__,
    columns=_COLUMNS,
    required_columns=(
        "name",
        "id",
        "created_at",
        "financial_status",
        "total",
        "quantity",
        "product",
        "price",
    ),
    key_columns=_KEY,
    translate=build_group_translator(_KEY, translate_group),
)
