"""The words of the page that a person reads."""

from typing import Any

import pytest

from regulars.api.disclosure.page_words import format_details, format_value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"first_name": "Ann", "note": None, "list": []}, "First name: Ann"),
        ([{"a": 1}, {"a": True}], "A: 1, A: yes"),
        ("2026-01-02T03:04:05.000Z", "2026-01-02 03:04 UTC"),
        (0, "0"),
    ],
)
def test_value_is_written_without_brackets(value: Any, text: str) -> None:
    assert format_value(value) == text


def test_details_leave_out_what_has_a_column() -> None:
    event = {"id": "e1", "type": "Page Viewed", "occurred_at": "", "properties": {"path": "/a"}}
    assert format_details(event) == "Properties: Path: /a"
