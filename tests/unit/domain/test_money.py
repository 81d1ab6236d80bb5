"""Money: exact, and never a float."""

import pytest

from regulars.domain.errors import InvalidEventError
from regulars.domain.money import check_line, currency_code, major_units, minor_units


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        (9.5, "EUR", 950),
        ("1250", "JPY", 1250),
        ("1.234", "KWD", 1234),
        ("-3", "USD", -300),
        ("2.50", "XCG", 250),
    ],
)
def test_minor_units_follow_the_currency(amount: object, currency: str, minor: int) -> None:
    assert minor_units(amount, currency) == minor


@pytest.mark.parametrize(
    "amount", ["", "twelve", "NaN", "Infinity", True, None, "1e30", "1e999999999"]
)
def test_minor_units_refuse_what_is_no_amount(amount: object) -> None:
    with pytest.raises(InvalidEventError, match="decimal number"):
        minor_units(amount, "EUR")


def test_line_whose_sum_is_absurd_is_refused() -> None:
    check_line(10**9, 1_000)
    with pytest.raises(InvalidEventError, match="absurd"):
        check_line(10**9, 1_001)


def test_currency_code_refuses_an_unknown_currency() -> None:
    with pytest.raises(InvalidEventError, match="ISO 4217"):
        currency_code("ZZZ")


def test_major_units_show_the_currencys_digits() -> None:
    assert (major_units(1250, "EUR"), major_units(1250, "JPY")) == ("12.50", "1250")
