"""Amounts, currencies and quantities are read the same way in every channel, by the notation of their source."""

from collections.abc import Callable
from decimal import Overflow
from functools import partial

import pytest

from regulars.channels.fields.items import build_item
from regulars.channels.fields.money import (
    is_deduction,
    parse_amount,
    parse_currency,
    parse_minor_units,
)
from regulars.channels.fields.numbers import (
    DECIMAL_COMMA,
    DECIMAL_POINT,
    SPREADSHEET_COMMA,
    SPREADSHEET_POINT,
    Notation,
)
from regulars.channels.fields.quantities import parse_quantity, parse_quantity_cell
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Item

INVALID_VALUES = None
# A text → its cents with DECIMAL_POINT, DECIMAL_COMMA, SPREADSHEET_POINT and SPREADSHEET_COMMA.
AMOUNTS: dict[str, tuple[int | None, int | None, int | None, int | None]] = {
    "12.50": (1250, 1250, 1250, 1250),
    " 12.50 ": (1250, 1250, 1250, 1250),
    "12,50": (INVALID_VALUES, 1250, 1250, 1250),
    "12,5": (INVALID_VALUES, 1250, 1250, 1250),
    # One separator with three digits behind it.
    "1.234": (123, INVALID_VALUES, 123, INVALID_VALUES),
    "1,234": (INVALID_VALUES, INVALID_VALUES, 123400, INVALID_VALUES),
    "0,505": (INVALID_VALUES, 50, INVALID_VALUES, 50),
    "1234,505": (INVALID_VALUES, 123450, INVALID_VALUES, 123450),
    # Groups of thousands.
    "1,234.50": (INVALID_VALUES, INVALID_VALUES, 123450, 123450),
    "1.234,50": (INVALID_VALUES, 123450, 123450, 123450),
    "1 234,50": (INVALID_VALUES, INVALID_VALUES, 123450, 123450),
    "1'234.50": (INVALID_VALUES, INVALID_VALUES, 123450, 123450),
    "12,34.50": (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES, INVALID_VALUES),
    "0,123.50": (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES, INVALID_VALUES),
    # Signs of currencies, of negative amounts and of texts.
    "€12.50": (INVALID_VALUES, INVALID_VALUES, 1250, 1250),
    "12,50 €": (INVALID_VALUES, INVALID_VALUES, 1250, 1250),
    "US$ 12.50": (INVALID_VALUES, INVALID_VALUES, 1250, 1250),
    "'12.50": (INVALID_VALUES, INVALID_VALUES, 1250, 1250),
    "-12.50": (-1250, -1250, -1250, -1250),
    "\u221212.50": (INVALID_VALUES, INVALID_VALUES, -1250, -1250),
    "-$12.50": (INVALID_VALUES, INVALID_VALUES, -1250, -1250),
    "$-12.50": (INVALID_VALUES, INVALID_VALUES, -1250, -1250),
    "(12.50)": (INVALID_VALUES, INVALID_VALUES, -1250, -1250),
    "+12.50": (1250, 1250, 1250, 1250),
    # Numbers as programs write them.
    ".5": (50, 50, 50, 50),
    "1e3": (100000, 100000, INVALID_VALUES, INVALID_VALUES),
    "1_000": (100000, 100000, INVALID_VALUES, INVALID_VALUES),
    # Half to even.
    "0.005": (0, 0, 0, 0),
    "0.015": (2, 2, 2, 2),
    # More than 10**12 major units.
    "1000000000000": (10**14, 10**14, 10**14, 10**14),
    "1000000000001": (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES, INVALID_VALUES),
    "1e999999999": (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES, INVALID_VALUES),
    # No numbers.
    "": (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES, INVALID_VALUES),
    "NaN": (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES, INVALID_VALUES),
    "Infinity": (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES, INVALID_VALUES),
    "12.50.0": (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES, INVALID_VALUES),
    "twelve": (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES, INVALID_VALUES),
}
NOTATIONS = (DECIMAL_POINT, DECIMAL_COMMA, SPREADSHEET_POINT, SPREADSHEET_COMMA)


@pytest.mark.parametrize(("text", "amounts"), AMOUNTS.items())
def test_amount_is_read_in_its_notation(text: str, amounts: tuple[int | None, ...]) -> None:
    for notation, amount in zip(NOTATIONS, amounts, strict=True):
        if amount is None:
            with pytest.raises(InvalidEventError) as raised:
                parse_amount(text, "EUR", notation=notation, allow_negative=True)
            assert raised.value.code == "invalid_amount"
        else:
            assert parse_amount(text, "EUR", notation=notation, allow_negative=True) == amount


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [(12.5, "EUR", 1250), (0.1 + 0.2, "EUR", 30), (7, "JPY", 7), ("1.234", "KWD", 1234)],
)
def test_json_number_is_an_amount(value: object, currency: str, minor: int) -> None:
    assert parse_amount(value, currency) == minor


@pytest.mark.parametrize("value", [None, True, [], ["5"], {}, float("nan"), float("inf"), 10**400])
def test_other_json_value_is_no_amount(value: object) -> None:
    with pytest.raises(InvalidEventError) as raised:
        parse_amount(value, "EUR", blank=0)
    assert raised.value.code == "invalid_amount"


def test_blank_text_is_an_amount_only_where_it_is_named() -> None:
    assert parse_amount(" ", "EUR", notation=SPREADSHEET_POINT, blank=0) == 0
    with pytest.raises(InvalidEventError):
        parse_amount(" ", "EUR", notation=SPREADSHEET_POINT)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_negative_amount_is_refused_unless_it_is_allowed(notation: Notation) -> None:
    with pytest.raises(InvalidEventError) as raised:
        parse_amount("-0.01", "EUR", notation=notation)
    assert raised.value.code == "negative_price"


def test_amount_that_rounds_to_zero_is_not_negative() -> None:
    assert parse_amount("-0.001", "EUR") == 0


@pytest.mark.parametrize("value", [1099, "1099", " 1099 ", 1099.0, "1099.00", "1.099e3"])
def test_whole_number_is_an_amount_in_minor_units(value: object) -> None:
    assert parse_minor_units(value) == 1099


@pytest.mark.parametrize("value", [None, True, "", "10.99", 1.5, "NaN", float("inf"), 10**16, []])
def test_other_value_is_no_amount_in_minor_units(value: object) -> None:
    with pytest.raises(InvalidEventError) as raised:
        parse_minor_units(value)
    assert raised.value.code == "invalid_amount"


@pytest.mark.parametrize("value", [-1, "-1", -1.0])
def test_negative_minor_units_are_refused_unless_they_are_allowed(value: object) -> None:
    assert parse_minor_units(value, allow_negative=True) == -1
    with pytest.raises(InvalidEventError) as raised:
        parse_minor_units(value)
    assert raised.value.code == "negative_price"


@pytest.mark.parametrize("value", ["5", 5.0, True, None, 101])
def test_minor_units_of_integers_only_refuse_texts_and_floats(value: object) -> None:
    assert parse_minor_units(5, integers_only=True, max_units=100) == 5
    with pytest.raises(InvalidEventError):
        parse_minor_units(value, integers_only=True, max_units=100)


def test_exponent_out_of_bounds_is_no_refusal_of_a_whole_number() -> None:
    with pytest.raises(Overflow):
        parse_minor_units("1e999999999")
    with pytest.raises(Overflow):
        parse_quantity("1e999999999")


@pytest.mark.parametrize(
    ("values", "code"),
    [(("EUR",), "EUR"), ((" eur ",), "EUR"), ((None, "", "GBP"), "GBP"), (("JPY", "EUR"), "JPY")],
)
def test_currency_is_the_first_that_is_not_empty(values: tuple[object, ...], code: str) -> None:
    assert parse_currency(*values) == code


@pytest.mark.parametrize("values", [(), (None,), ("€",), ("ZZZ", "EUR"), (["EUR"],), (978,)])
def test_currency_outside_iso_4217_is_refused(values: tuple[object, ...]) -> None:
    with pytest.raises(InvalidEventError) as raised:
        parse_currency(*values)
    assert raised.value.code == "unknown_currency"


@pytest.mark.parametrize(
    ("price", "is_negative"),
    [("-5", True), (" -5", True), (-0.5, True), ("5", False), (None, False), ([], False)],
)
def test_line_with_a_minus_is_a_deduction(price: object, is_negative: bool) -> None:
    assert is_deduction(price) == is_negative


QUANTITY_PARSERS: tuple[Callable[[object], int], ...] = (
    parse_quantity,
    partial(parse_quantity, integers_only=True),
    partial(parse_quantity, as_double=True),
)
# A JSON value → its quantity by each of these.
QUANTITIES: list[tuple[object, tuple[int | None, int | None, int | None]]] = [
    (2, (2, 2, 2)),
    (2.0, (2, INVALID_VALUES, 2)),
    ("2", (2, INVALID_VALUES, 2)),
    (" 2.00 ", (2, INVALID_VALUES, 2)),
    (True, (INVALID_VALUES, INVALID_VALUES, 1)),
    ("1.00000000000000000001", (INVALID_VALUES, INVALID_VALUES, 1)),
    (None, (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES)),
    (0, (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES)),
    (-1, (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES)),
    (1.5, (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES)),
    ("", (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES)),
    ("many", (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES)),
    (10**6, (10**6, 10**6, 10**6)),
    (10**6 + 1, (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES)),
    (10**400, (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES)),
    ([], (INVALID_VALUES, INVALID_VALUES, INVALID_VALUES)),
]


@pytest.mark.parametrize(("value", "quantities"), QUANTITIES)
def test_quantity_is_a_positive_whole_number(
    value: object, quantities: tuple[int | None, ...]
) -> None:
    for parse, quantity in zip(QUANTITY_PARSERS, quantities, strict=True):
        if quantity is None:
            with pytest.raises(InvalidEventError) as raised:
                parse(value)
            assert raised.value.code == "invalid_quantity"
        else:
            assert parse(value) == quantity


def test_missing_quantity_is_the_one_that_is_named() -> None:
    assert parse_quantity(None, missing=1) == 1


# A cell → its quantity or the code of its error, with DECIMAL_POINT, DECIMAL_COMMA and SPREADSHEET_POINT.
CELLS: dict[str, tuple[int | str, int | str, int | str]] = {
    "2": (2, 2, 2),
    " 2.00 ": (2, 2, 2),
    "2,00": ("invalid_quantity", 2, 2),
    "1,000": ("invalid_quantity", "invalid_quantity", 1000),
    "-2": ("return_line", "return_line", "invalid_quantity"),
    "-0.5": ("invalid_quantity", "invalid_quantity", "invalid_quantity"),
    "0": ("invalid_quantity", "invalid_quantity", "invalid_quantity"),
    "$2": ("invalid_quantity", "invalid_quantity", "invalid_quantity"),
    "": ("invalid_quantity", "invalid_quantity", "invalid_quantity"),
    "NaN": ("invalid_quantity", "invalid_quantity", "invalid_quantity"),
    "1000001": ("invalid_quantity", "invalid_quantity", "invalid_quantity"),
    "1e999999999": ("invalid_quantity", "invalid_quantity", "invalid_quantity"),
}


@pytest.mark.parametrize(("text", "outcomes"), CELLS.items())
def test_quantity_of_a_cell_is_read_in_its_notation(
    text: str, outcomes: tuple[int | str, ...]
) -> None:
    for notation, outcome in zip(NOTATIONS, outcomes, strict=False):
        if isinstance(outcome, int):
            assert parse_quantity_cell(text, notation) == outcome
        else:
            with pytest.raises(InvalidEventError) as raised:
                parse_quantity_cell(text, notation)
            assert raised.value.code == outcome


@pytest.mark.parametrize(("text", "quantity"), [("", 1), ("0.75", 1), ("2,5", 1), ("3", 3)])
def test_spreadsheet_sells_one_piece_of_what_is_weighed(text: str, quantity: int) -> None:
    assert parse_quantity_cell(text, SPREADSHEET_COMMA, blank=1, fraction=1) == quantity


@pytest.mark.parametrize(("product", "quantity"), [(None, 1), ("", 1), ("p", 0), ("p", False)])
def test_line_without_a_product_or_a_quantity_is_no_item(product: object, quantity: object) -> None:
    assert build_item(product, quantity) is None


def test_line_without_a_quantity_is_one_piece() -> None:
    assert build_item(7, None, 450, " Mug ") == Item(
        product_id="7", name="Mug", quantity=1, price=450
    )


@pytest.mark.parametrize("quantity", [-1, 1.5, "0", "many", 10**7, {}])
def test_line_with_an_invalid_quantity_is_refused(quantity: object) -> None:
    with pytest.raises(InvalidEventError) as raised:
        build_item("p", quantity)
    assert raised.value.code == "invalid_quantity"
