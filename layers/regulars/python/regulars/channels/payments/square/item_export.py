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
from regulars.channels.drafts.sales import texts_of
from regulars.channels.exports.buyers import buyer
from regulars.channels.exports.contract import File, Format, Line, Refuse, by_group, key_of
from regulars.channels.exports.drafts import draft_of, snapshot, store_of
from regulars.channels.exports.fields import each, id_in, order_id_in, quantity_in, signed_amount
from regulars.channels.exports.refusals import refusal
from regulars.channels.exports.time_zones import zone_named
from regulars.channels.exports.times import required_moment
from regulars.channels.fields.redaction import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Item
from regulars.domain.money import check_line

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
_KEY = ("payment", "transaction")
_SIGNS = {"£": "GBP", "€": "EUR", "¥": "JPY"}
_DOLLARS = {"USD", "AUD", "CAD", "NZD", "SGD", "HKD"}


def _tell(lines: list[Line], file: File, refuse: Refuse) -> list[Draft]:
    sold = [line for line in lines if line.said["event"].strip().lower() != "refund"]
    if not sold:
        raise refusal("refund_without_sale")
    head, store = sold[0].said, store_of("square", file)
    sale = order_id_in(key_of(head, _KEY))
    currency = _currency(head, file)
    amounts = {line.number: _amount(line, currency, file) for line in lines}
    total = sum(amounts[line.number] for line in sold)
    if total < 0:
        raise refusal("negative_price")
    times = [_at(line, file) for line in lines]
    order = snapshot(
        file,
        f"{store}/{sale}",
        _at(sold[0], file),
        *times,
        status="paid",
        total=total,
        refunded=sum(abs(amounts[line.number]) for line in lines if line not in sold),
        currency=currency,
    )
    person = buyer(file, id_in(head["customer"]), store, name=head["name"])
    told: dict[str, Any] = {
        "currency": currency,
        "order": order,
        "items": tuple(_items(sold, currency, file, refuse)),
        "properties": texts_of(head, "location"),
    }
    channel = "shop" if "online" in head["channel"].lower() else "pos"
    told_on = (channel, order.placed_at)
    return [draft_of(file, "Order Completed", told_on, person, (store, "order", sale), **told)]


def _currency(head: Any, file: File) -> str:
    sign = next((sign for sign in _SIGNS if sign in head["net"]), "")
    if sign:
        return _SIGNS[sign]
    is_dollar = "$" in head["net"] and file.default_currency not in _DOLLARS
    return "USD" if is_dollar else file.default_currency


def _at(line: Line, file: File) -> str:
    said = line.said
    return required_moment(f"{said['date']} {said['time']}".strip(), file, zone_named(said["zone"]))


def _amount(line: Line, currency: str, file: File) -> int:
    told = (line.said[name] for name in ("net", "tax"))
    return sum(signed_amount(text, currency, decimal_comma=file.decimal_comma) for text in told)


def _items(lines: list[Line], currency: str, file: File, refuse: Refuse) -> Iterator[Item]:
    for line in lines:
        try:
            item = _item(line.said, currency, file)
            if item:
                yield item
        except InvalidEventError as error:
            refuse(line.number, error.code)


def _item(said: Any, currency: str, file: File) -> Item | None:
    """A product; nothing for an amount that was typed in, which still counts in the total."""
    if said["kind"].strip().lower() == "custom amount" or not said["item"].strip():
        return None
    name = " ".join(filter(None, (clean_text(said["item"]), clean_text(said["variation"]))))
    product = id_in(said["sku"]) or id_in(said["token"]) or name
    quantity = quantity_in(said["quantity"], file)
    gross = signed_amount(said["gross"], currency, decimal_comma=file.decimal_comma)
    if not product or gross < 0:
        return None
    price = each(gross, quantity)
    check_line(price, quantity)
    return Item(product, name, clean_text(said["category"]), quantity, price)


FORMAT = Format(
    "Square items",
    "square",
    _COLUMNS,
    ("date", "time", "item", "quantity", "net", "event", "payment|transaction"),
    _KEY,
    by_group(_KEY, _tell),
)
