"""Select the lines of an exported Shopify order and read their products."""

from collections.abc import Iterator

from regulars.channels.exports.cells import choose_notation, parse_export_id
from regulars.channels.exports.contract import File, Line, RefuseLine
from regulars.channels.exports.refusals import RefusedLineError
from regulars.channels.fields.money import parse_amount
from regulars.channels.fields.numbers import Notation
from regulars.channels.fields.quantities import parse_quantity_cell
from regulars.channels.fields.redaction import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Item
from regulars.domain.money import check_line_total


def select_order_lines(lines: list[Line], refuse: RefuseLine) -> Iterator[Line]:
    """Yield the lines of the order, first the line with the order's own fields. A merged file may repeat an order."""
    head = next((line for line in lines if line.fields["id"].strip()), None)
    if head is None:
        raise RefusedLineError("first_line_missing")
    yield head
    is_repeated = False
    for line in lines:
        if line is not head and line.fields["id"].strip():
            is_repeated = line.fields == head.fields or line.fields["id"] != head.fields["id"]
        if is_repeated:
            refuse(line.number, "repeated_order")
        elif line is not head:
            yield line


def build_items(lines: list[Line], currency: str, file: File, refuse: RefuseLine) -> Iterator[Item]:
    """Yield the product of each line; refuse a line with an invalid number and continue with the next line."""
    notation = choose_notation(file)
    for line in lines:
        try:
            product = parse_export_id(line.fields["sku"]) or clean_text(line.fields["product"])
            # A line that was edited away has quantity 0. A deduction still counts in the total.
            if (
                product
                and line.fields["quantity"].strip() != "0"
                and not _is_deduction(line, currency, notation)
            ):
                yield _build_item(product, line, currency, notation)
        except InvalidEventError as error:
            refuse(line.number, error.code)


def _is_deduction(line: Line, currency: str, notation: Notation) -> bool:
    price = parse_amount(
        line.fields["price"], currency, notation=notation, allow_negative=True, blank=0
    )
    return price < 0


def _build_item(product: str, line: Line, currency: str, notation: Notation) -> Item:
    fields = line.fields
    quantity = parse_quantity_cell(fields["quantity"], notation, blank=1, fraction=1)
    price = parse_amount(fields["price"], currency, notation=notation, blank=0)
    check_line_total(price, quantity)
    return Item(
        product_id=product, name=clean_text(fields["product"]), quantity=quantity, price=price
    )
