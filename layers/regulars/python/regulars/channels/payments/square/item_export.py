"""Import the Items Detail CSV of Square: every line of every sale, online and at the till.

**Export the file**

1. In the Square Dashboard, go to Reports → Sales → Transactions, or to Items & orders → Orders.
2. Choose the date range and click Export → *Items Detail CSV*. Do not choose *Items summary*, which is a different
   file without buyers.

**Account**: the source of `regulars connect square`.

**Stored**

* Products (by SKU, otherwise by the Square token, otherwise by name), quantities, amounts and location.
* The customer ID as an identifier; the name as contact data. A payment without a customer record is not assigned to
  a person.

**Not stored**: notes, staff and cards.

**Notes**

* Orders: a sale is one order with the ID of its payment, as with the webhooks. An old file without payment IDs uses
  the transaction ID.
* Amounts: the amount is the sum of the items with tax and without tips, until a webhook reports the payment itself.
* Currency: the file does not name the currency. The signs for pounds, euros and yen are recognized. A dollar sign
  means the dollar of the shop.
* Refunds: a refund that does not name its payment is reported and not subtracted.
"""

from collections.abc import Iterator
from typing import Any

from regulars.channels.contract import Draft
from regulars.channels.exports.buyers import build_buyer
from regulars.channels.exports.cells import choose_notation, parse_export_id, require_export_id
from regulars.channels.exports.contract import (
    ExportFormat,
    File,
    Line,
    RefuseLine,
    build_group_translator,
    group_key,
)
from regulars.channels.exports.event_drafts import (
    build_export_draft,
    build_order_snapshot,
    build_store_key,
)
from regulars.channels.exports.refusals import RefusedLineError
from regulars.channels.exports.time_zones import find_time_zone
from regulars.channels.exports.times import require_export_time
from regulars.channels.fields.money import parse_amount
from regulars.channels.fields.quantities import parse_quantity_cell
from regulars.channels.fields.redaction import clean_text
from regulars.channels.fields.texts import select_texts
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Item
from regulars.domain.money import check_line_total, compute_unit_price

_COLUMNS = {
    "date": "Date",
    "time": "Time",
    "zone": "Time Zone",
    "category": "Category",
    "item": "Item",
    "quantity": "Qty",
    "variation": "Price Point Name",
    "sku": "SKU",
    "gross": "Gross Sales",
    "net": "Net Sales",
    "tax": "Tax",
    "transaction": "Transaction ID",
    "payment": "Payment ID",
    "event": "Event Type",
    "location": "Location",
    "customer": "Customer ID",
    "name": "Customer Name",
    "kind": "Itemization Type",
    "channel": "Channel",
    "token": "Token",
}
_KEY_COLUMNS = ("payment", "transaction")
_CURRENCY_SIGNS = {"£": "GBP", "€": "EUR", "¥": "JPY"}
_DOLLAR_CURRENCIES = {"USD", "AUD", "CAD", "NZD", "SGD", "HKD"}


def translate_group(lines: list[Line], file: File, refuse: RefuseLine) -> list[Draft]:
    """Return the sale or the refund that these lines describe."""
    sale_lines = [line for line in lines if line.fields["event"].strip().lower() != "refund"]
    if not sale_lines:
        raise RefusedLineError("refund_without_sale")
    head, store = sale_lines[0].fields, build_store_key("square", file)
    sale = require_export_id(group_key(head, _KEY_COLUMNS))
    currency = _find_currency(head, file)
    amounts = {line.number: _parse_line_amount(line, currency, file) for line in lines}
    total = sum(amounts[line.number] for line in sale_lines)
    if total < 0:
        raise RefusedLineError("negative_price")
    times = [_read_time(line, file) for line in lines]
    order = build_order_snapshot(
        file,
        f"{store}/{sale}",
        _read_time(sale_lines[0], file),
        *times,
        status="paid",
        total=total,
        refunded=sum(abs(amounts[line.number]) for line in lines if line not in sale_lines),
        currency=currency,
    )
    person = build_buyer(file, parse_export_id(head["customer"]), store, name=head["name"])
    facts: dict[str, Any] = {
        "currency": currency,
        "order": order,
        "items": tuple(_build_items(sale_lines, currency, file, refuse)),
        "properties": select_texts(head, "location"),
    }
    channel = "shop" if "online" in head["channel"].lower() else "pos"
    channel_and_time = (channel, order.placed_at)
    return [
        build_export_draft(
            file, "Order Completed", channel_and_time, person, (store, "order", sale), **facts
        )
    ]


def _find_currency(head: Any, file: File) -> str:
    sign = next((sign for sign in _CURRENCY_SIGNS if sign in head["net"]), "")
    if sign:
        return _CURRENCY_SIGNS[sign]
    is_dollar = "$" in head["net"] and file.default_currency not in _DOLLAR_CURRENCIES
    return "USD" if is_dollar else file.default_currency


def _read_time(line: Line, file: File) -> str:
    fields = line.fields
    return require_export_time(
        f"{fields['date']} {fields['time']}".strip(), file, find_time_zone(fields["zone"])
    )


def _parse_line_amount(line: Line, currency: str, file: File) -> int:
    """Return what was paid for a line: its net sales and its tax."""
    return sum(_parse_signed_amount(line.fields[name], currency, file) for name in ("net", "tax"))


def _parse_signed_amount(text: str, currency: str, file: File) -> int:
    notation = choose_notation(file)
    return parse_amount(text, currency, notation=notation, allow_negative=True, blank=0)


def _build_items(
    lines: list[Line], currency: str, file: File, refuse: RefuseLine
) -> Iterator[Item]:
    for line in lines:
        try:
            item = _build_item(line.fields, currency, file)
            if item:
                yield item
        except InvalidEventError as error:
            refuse(line.number, error.code)


def _build_item(fields: Any, currency: str, file: File) -> Item | None:
    """Return a product; None for a custom amount, which still counts in the total."""
    if fields["kind"].strip().lower() == "custom amount" or not fields["item"].strip():
        return None
    name = " ".join(filter(None, (clean_text(fields["item"]), clean_text(fields["variation"]))))
    product = parse_export_id(fields["sku"]) or parse_export_id(fields["token"]) or name
    notation = choose_notation(file)
    quantity = parse_quantity_cell(fields["quantity"], notation, blank=1, fraction=1)
    gross = _parse_signed_amount(fields["gross"], currency, file)
    if not product or gross < 0:
        return None
    price = compute_unit_price(gross, quantity)
    check_line_total(price, quantity)
    return Item(
        product_id=product,
        name=name,
        category=clean_text(fields["category"]),
        quantity=quantity,
        price=price,
    )


EXPORT_FORMAT = ExportFormat(
    title="Square items",
    channel="square",
    page=__doc__,
    columns=_COLUMNS,
    required_columns=("date", "time", "item", "quantity", "net", "event", "payment|transaction"),
    key_columns=_KEY_COLUMNS,
    translate=build_group_translator(_KEY_COLUMNS, translate_group),
)
