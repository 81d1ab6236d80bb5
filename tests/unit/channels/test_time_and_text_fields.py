"""Times, versions and ids of a resource are read, or refused with a code."""

import pytest

from regulars.channels.fields.event_times import (
    build_version,
    format_first_time,
    parse_first_time,
)
from regulars.channels.fields.texts import build_traits, require_id, select_texts
from regulars.domain.errors import InvalidEventError
from regulars.domain.times import to_text


def test_first_time_that_is_not_empty_is_read() -> None:
    time = parse_first_time(None, "", "2026-11-20T10:00:00+01:00", "yesterday")
    assert time
    assert to_text(time) == "2026-11-20T09:00:00.000Z"
    assert parse_first_time(None, "") is None


def test_value_that_is_no_time_is_refused() -> None:
    with pytest.raises(InvalidEventError) as raised:
        parse_first_time(None, "yesterday")
    assert raised.value.code == "invalid_timestamp"


@pytest.mark.parametrize("values", [(), (None, " "), ("yesterday", "2026-11-20")])
def test_canonical_time_is_blank_without_a_time(values: tuple[object, ...]) -> None:
    assert format_first_time(*values) == ""


def test_higher_rank_wins_within_one_second() -> None:
    time = "2026-11-20T09:00:00.000Z"
    versions = [build_version(time, rank) for rank in (2, 10, 113)]
    assert versions == sorted(versions)
    assert versions[0] > time


def test_missing_id_is_refused() -> None:
    assert require_id(" o-1 ", "order_id") == "o-1"
    with pytest.raises(InvalidEventError, match="order_id") as raised:
        require_id(None, "order_id")
    assert raised.value.code == "missing_id"


def test_texts_and_traits_are_those_that_are_not_empty() -> None:
    resource = {"status": " paid ", "note": "ann@example.com", "empty": None}
    assert select_texts(resource, "status", "note", "empty", "absent") == {"status": "paid"}
    assert build_traits(country="NL", locale="") == {"country": "NL"}
