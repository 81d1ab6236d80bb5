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

from typing import Any

from regulars.channels.commerce.shopify.export_head import (
    build_consents,
    build_person,
    parse_refunded_amount,
    read_status,
)
from regulars.channels.commerce.shopify.export_items import build_items, select_order_lines
from regulars.channels.contract import Draft
from regulars.channels.exports.cells import choose_notation, require_export_id
from regulars.channels.exports.contract import (
    ExportFormat,
    File,
    Line,
    RefuseLine,
    build_group_translator,
)
from regulars.channels.exports.event_drafts import (
    build_export_draft,
    build_order_snapshot,
    build_store_key,
)
from regulars.channels.exports.times import parse_export_time, require_export_time
from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import select_texts
from regulars.domain.events import OrderFact

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
_KEY_COLUMNS = ("name",)
_EVENT_TYPES = {
    "paid": "Order Completed",
    "placed": "Order Created",
    "cancelled": "Order Cancelled",
}


def translate_group(lines: list[Line], file: File, refuse: RefuseLine) -> list[Draft]:
    """Return the order that these lines describe."""
    order_lines = list(select_order_lines(lines, refuse))
    head = order_lines[0].fields
    currency = parse_currency(head["currency"], file.default_currency)
    created = require_export_time(head["created_at"], file)
    change_times = [
        parse_export_time(head[name], file) for name in ("paid_at", "fulfilled_at", "cancelled_at")
    ]
    status = read_status(head)
    order_id, store = require_export_id(head["id"]), build_store_key("shopify", file).lower()
    order = build_order_snapshot(
        file,
        f"{store}/{order_id}",
        created,
        *change_times,
        status=status,
        total=parse_amount(head["total"], currency, notation=choose_notation(file)),
        refunded=parse_refunded_amount(head, currency, file),
        currency=currency,
    )
    facts = _build_facts(order_lines, order, file, refuse)
    channel = "pos" if head["source"] == "pos" else "shop"
    key = (store, "order", order_id)
    return [
        build_export_draft(
            file, _EVENT_TYPES[status], (channel, created), build_person(head, file), key, **facts
        )
    ]


def _build_facts(
    order_lines: list[Line], order: OrderFact, file: File, refuse: RefuseLine
) -> dict[str, Any]:
    head = order_lines[0].fields
    country = clean_text(head["country"])
    property_names = ("financial_status", "fulfillment_status", "gateway", "coupon")
    return {
        "currency": order.currency,
        "order": order,
        "items": tuple(build_items(order_lines, order.currency, file, refuse)),
        "consents": build_consents(head, order.placed_at),
        "traits": {"country": country} if len(country) == len("NL") else {},
        "properties": select_texts(head, *property_names),
    }


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
    key_columns=_KEY_COLUMNS,
    translate=build_group_translator(_KEY_COLUMNS, translate_group),
)
