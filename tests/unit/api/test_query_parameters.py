"""Query parameters: bounds, lists and weights."""

import pytest

from regulars.api import query_parameters as queries
from regulars.domain.errors import InvalidRequestError


@pytest.mark.parametrize(
    "text", ["0", "-1", "101", "10000", "abc", "", " 5", "1_0", "1.5", "٣", "9" * 5000]
)
def test_count_out_of_bounds_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        queries.parse_count(text, "n", default=10, maximum=100)
    assert raised.value.code == "invalid_n"


def test_count_within_bounds_is_parsed_and_has_a_default() -> None:
    counts = [
        queries.parse_count(text, "n", default=10, maximum=100)
        for text in (None, "1", "100", "007")
    ]
    assert counts == [10, 1, 100, 7]


def test_ids_are_parsed_once_in_order() -> None:
    assert queries.parse_ids(" b,a,,b ", "items", 2) == ("b", "a")
    assert queries.parse_ids(None, "items", 2) == ()


@pytest.mark.parametrize("text", ["a,b,c", "x" * 257])
def test_too_many_or_too_long_ids_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        queries.parse_ids(text, "items", 2)
    assert raised.value.code == "invalid_items"


def test_weights_are_split_into_parts() -> None:
    assert queries.parse_weights("content:0.5,habit:x") == {"content": "0.5", "habit": "x"}
    assert queries.parse_weights(None) == {}


@pytest.mark.parametrize("text", ["content=1", "", ",", "content:1,"])
def test_weights_without_a_colon_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        queries.parse_weights(text)
    assert raised.value.code == "invalid_weights"


def test_flag_has_one_value() -> None:
    assert queries.parse_flag(None, "only", "new") is False
    assert queries.parse_flag("new", "only", "new") is True
    for text in ("", "old", "NEW"):
        with pytest.raises(InvalidRequestError):
            queries.parse_flag(text, "only", "new")
