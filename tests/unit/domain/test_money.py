"""Amounts are exact integers in the minor unit of their currency."""

from decimal import Decimal

import pytest

from regulars.domain.errors import InvalidEventError
from regulars.domain.money import (
    check_line_total,
    compute_unit_price,
    format_major_units,
    to_minor_units,
)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("1250", "JPY", 1250),
        ("1.234", "KWD", 1234),
        ("-3", "USD", -300),
        ("2.50", "XCG", 250),
        ("0.005", "EUR", 0),
        ("0.015", "EUR", 2),
        ("1e12", "JPY", 10**12),
    ],
)
def test_minor_units_follow_the_currency(amount: str, currency: str, minor: int) -> None:
    assert to_minor_units(Decimal(amount), currency) == minor


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "-Infinity", "1000000000001", "1e999999999"])
def test_minor_units_refuse_an_amount_out_of_bounds(amount: str) -> None:
    with pytest.raises(InvalidEventError) as raised:
        to_minor_units(Decimal(amount), "EUR")
    assert raised.value.code == "invalid_amount"


def test_line_above_the_maximum_total_is_refused() -> None:
    check_line_total(10**9, 1_000)
    with pytest.raises(InvalidEventError) as raised:
        check_line_total(10**9, 1_001)
    assert raised.value.code == "amount_too_large"


@pytest.mark.parametrize(
    ("total", "quantity", "price"), [(3000, 2, 1500), (5, 2, 2), (7, 2, 4), (-10, 3, -3)]
)
def test_unit_price_is_rounded_half_to_even(total: int, quantity: int, price: int) -> None:
    assert compute_unit_price(total, quantity) == price


def test_major_units_show_the_digits_of_the_currency() -> None:
    assert format_major_units(1250, "EUR") == "12.50"
    assert format_major_units(1250, "JPY") == "1250"
