"""Import the order CSV that the common WooCommerce export plugins write.

**Export the file**

1. WooCommerce does not export orders with their buyers. Install one of these plugins:
   * *Customer/Order/Coupon CSV Import Suite* or *Customer/Order/Coupon Export* (SkyVerge)
   * *Order Export & Order Import for WooCommerce* (WebToffee)
   * *Advanced Order Export For WooCommerce* (AlgolPlus)
2. Export all orders with all columns as CSV, separated by commas. The headings of each plugin are
   recognized.
3. Choose year-month-day as the date format. A date with slashes is read as month/day/year.

**Account**: the source of `regulars connect woocommerce`. The order IDs are those of its webhooks. If the file
contains only order numbers, they must equal the order IDs, so do not use a plugin for sequential order numbers.

**Stored**

* Products, quantities, amounts, refunds, status and payment method; the billing country as a trait.
* The customer number as an identifier; e-mail address, phone number and name as contact data.

**Not stored**: addresses, notes and IP addresses.

**Notes**

* Status: as with the webhooks, cancelled and failed orders are not counted. An order that waits for its payment is
  not imported.
* Defaults: without a currency, the currency of the shop is used. A time without a time zone is read as UTC. It can be
  off by 14 hours, so newer data of a webhook about the same order takes precedence.
"""

from typing import Any

import msgspec

from regulars.channels.commerce.woocommerce.export_items import EXTRA_COLUMNS, build_items
from regulars.channels.commerce.woocommerce.orders import is_order, order_status
from regulars.channels.contract import Draft
from regulars.channels.exports.buyers import build_buyer
from regulars.channels.exports.cells import choose_notation, parse_export_id, require_export_id
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
from regulars.channels.exports.refusals import RefusedLineError
from regulars.channels.exports.times import EASTERNMOST_ZONE, parse_export_time, require_export_time
from regulars.channels.fields.money import parse_amount, parse_currency
from regulars.channels.fields.person import PersonBuilder
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import build_traits, select_texts
from regulars.domain.events import OrderFact

_COLUMNS = {
    "id": "order_id|Order ID|Order Number|order_number",
    "status": "status|order_status|Order Status",
    "created": "order_date|date|Order Date|date_created",
    "paid": "paid_date|date_paid|Paid Date",
    "completed": "completed_date|date_completed|Completed Date",
    "modified": "date_modified|modified_date|Modification Date",
    "total": "order_total|Order Total|Order Total Amount|total",
    "refunded": "refunded_total|order_refunded_total|Order Refund Amount|total_refunded",
    "currency": "order_currency|currency|Order Currency",
    "customer": "customer_id|customer_user|Customer User ID|user_id",
    "email": "billing_email|customer_email|Email (Billing)|Billing Email Address|Billing Email",
    "phone": "billing_phone|Phone (Billing)|Billing Phone",
    "first_name": "billing_first_name|First Name (Billing)",
    "last_name": "billing_last_name|Last Name (Billing)",
    "country": "billing_country|Country Code (Billing)",
    "payment_method": "payment_method|Payment Method|Payment Method Title",
    "line_items": "line_items",
    "item_id": "item_product_id|Product Id",
    "item_sku": "item_sku|SKU",
    "item_name": "item_name|Item Name|Product Name",
    "item_quantity": "item_quantity|Quantity (- Refund)|Quantity",
    "item_price": "item_price|Item Cost",
    "item_total": "item_total|Order Line Total",
}
_STATUS_LABELS = {"pending-payment": "pending", "draft": "checkout-draft", "canceled": "cancelled"}
_KEY_COLUMNS = ("id",)
_EVENT_TYPES = {
    "paid": "Order Completed",
    "placed": "Order Created",
    "cancelled": "Order Cancelled",
}


def translate_group(lines: list[Line], file: File, refuse: RefuseLine) -> list[Draft]:
    """Return the order that these lines describe."""
    head = lines[0].fields
    order_id, store = require_export_id(head["id"]), build_store_key("woocommerce", file)
    status = _read_status(head["status"])
    is_paid = bool(parse_export_time(head["paid"], file))
    if not is_order(status, is_paid=is_paid):
        raise RefusedLineError("unpaid_order")
    currency = parse_currency(head["currency"].strip(), file.default_currency)
    order_state = order_status(status, is_paid=is_paid)
    order = _build_order(head, f"{store}/{order_id}", order_state, currency, file)
    facts: dict[str, Any] = {
        "currency": currency,
        "order": order,
        "items": tuple(build_items(lines, currency, file, refuse)),
        "traits": build_traits(country=head["country"]),
        "properties": select_texts(head, "payment_method") | {"status": clean_text(status)},
    }
    key, person = (store, "order", order_id), _build_person(head, store, file)
    channel_and_time = ("shop", order.placed_at)
    return [
        build_export_draft(file, _EVENT_TYPES[order_state], channel_and_time, person, key, **facts)
    ]


def _build_order(head: Any, key: str, order_state: str, currency: str, file: File) -> OrderFact:
    created = require_export_time(head["created"], file)
    time_columns = ("created", "paid", "completed", "modified")
    order = build_order_snapshot(
        file,
        key,
        # The file does not name the shop's time zone. Read its times as the earliest possible ones, so that they do
        # not override newer data of a webhook.
        *(parse_export_time(head[name], file, EASTERNMOST_ZONE) for name in time_columns),
        status=order_state,
        total=parse_amount(head["total"], currency, notation=choose_notation(file)),
        refunded=_parse_refunded_amount(head, currency, file),
        currency=currency,
    )
    return msgspec.structs.replace(order, placed_at=created)


def _read_status(status_text: str) -> str:
    """Return the status as webhooks write it; some plugins write the label that the shop's owner sees."""
    status = status_text.strip().lower().removeprefix("wc-").replace(" ", "-")
    return _STATUS_LABELS.get(status, status)


def _parse_refunded_amount(head: Any, currency: str, file: File) -> int | None:
    """Return the refunded amount; None, which means everything, if only the status reports the refund."""
    text = head["refunded"].strip().removeprefix("-")
    amount = parse_amount(text, currency, notation=choose_notation(file), blank=0)
    return None if _read_status(head["status"]) == "refunded" and not amount else amount


def _build_person(head: Any, store: str, file: File) -> PersonBuilder:
    contact = {name: head[name] for name in ("email", "phone", "first_name", "last_name")}
    return build_buyer(file, parse_export_id(head["customer"]), store, head["country"], **contact)


EXPORT_FORMAT = ExportFormat(
    title="WooCommerce orders",
    channel="woocommerce",
    page=__doc__,
    columns=_COLUMNS,
    required_columns=("id", "status", "created", "total", "email"),
    key_columns=_KEY_COLUMNS,
    translate=build_group_translator(_KEY_COLUMNS, translate_group),
    extra_columns=EXTRA_COLUMNS,
)
