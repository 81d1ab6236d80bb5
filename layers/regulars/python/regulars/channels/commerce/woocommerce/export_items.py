"""Read the products on the lines of an exported WooCommerce order."""

import re
from collections.abc import Iterator

from regulars.channels.exports.cells import choose_notation, parse_export_id
from regulars.channels.exports.contract import File, Line, RefuseLine
from regulars.channels.fields.money import parse_amount
from regulars.channels.fields.numbers import Notation
from regulars.channels.fields.quantities import parse_quantity_cell
from regulars.channels.fields.redaction import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Item
from regulars.domain.money import check_line_total, compute_unit_price

EXTRA_COLUMNS = re.compile(r"(order|line)_item_\d+")


def build_items(lines: list[Line], currency: str, file: File, refuse: RefuseLine) -> Iterator[Item]:
    """Yield the products of each line; refuse a line with an invalid number and continue with the next line."""
    notation = choose_notation(file)
    for line in lines:
        try:
            for product in _list_products(line):
                item = _build_item(product, currency, notation)
                if item:
                    yield item
        except InvalidEventError as error:
            refuse(line.number, error.code)


def _list_products(line: Line) -> Iterator[dict[str, str]]:
    """Yield the products of a line: its own, those of the columns with one each, those of the column with all."""
    fields = line.fields
    names = ("id", "sku", "name", "quantity", "price", "total")
    yield {name: fields[f"item_{name}"].strip() for name in names}
    for name, text in fields.items():
        if text and (EXTRA_COLUMNS.fullmatch(name) or name == "line_items"):
            yield from map(_parse_product, text.split(";") if name == "line_items" else [text])


def _parse_product(text: str) -> dict[str, str]:
    """Parse `name:Mug|product_id:7|sku:|quantity:2|total:30`, and the older `product_id:7|2|30|size: Medium`."""
    product: dict[str, str] = {}
    unnamed_values: list[str] = []
    for piece in text.split("|"):
        name, colon, value = piece.partition(":")
        if colon and name.strip().lower() in {"product_id", "sku", "name", "quantity", "total"}:
            product[name.strip().lower().removeprefix("product_")] = value.strip()
        else:
            unnamed_values.append(piece.strip())
    return dict(zip(("quantity", "total"), unnamed_values, strict=False)) | product


def _build_item(product: dict[str, str], currency: str, notation: Notation) -> Item | None:
    product_id = (
        parse_export_id(product.get("id", ""))
        or parse_export_id(product.get("sku", ""))
        or clean_text(product.get("name"))
    )
    quantity_text = product.get("quantity", "")
    if product_id in {"", "0"} or quantity_text.startswith("-") or quantity_text == "0":
        return None
    amount = parse_amount(
        product.get("price") or product.get("total", ""),
        currency,
        notation=notation,
        allow_negative=True,
        blank=0,
    )
    if amount < 0:
        return None
    quantity = parse_quantity_cell(quantity_text, notation, blank=1, fraction=1)
    price = None
    if product.get("price"):
        price = amount
    elif product.get("total"):
        price = compute_unit_price(amount, quantity)
    check_line_total(price, quantity)
    return Item(
        product_id=product_id, name=clean_text(product.get("name")), quantity=quantity, price=price
    )
