"""Pairs are found on tables whose truth is known, without labels, and bad tables have clear results."""

import re
from collections.abc import Iterable

import pytest

from regulars.identity.proposals.pairs import SimilarPair, find_similar_pairs
from tests.benchmarks.identity import (
    SHARED_TABLE,
    Scores,
    list_true_pairs,
    measure_pairs,
    read_rows,
)
from tests.support.people_table import PersonRow, list_people_rows

PEOPLE = 80


@pytest.fixture(scope="module")
def rows() -> list[PersonRow]:
    return list_people_rows(PEOPLE)


@pytest.fixture(scope="module")
def pairs(rows: list[PersonRow]) -> list[SimilarPair]:
    return find_similar_pairs(rows)


def score(rows: Iterable[PersonRow], pairs: Iterable[SimilarPair]) -> Scores:
    """Return precision, recall and F1 against the column `cluster`."""
    return measure_pairs({(pair.left, pair.right) for pair in pairs}, list_true_pairs([*rows]))


def test_pairs_of_invented_people_are_right(
    rows: list[PersonRow], pairs: list[SimilarPair]
) -> None:
    scores = score(rows, pairs)
    assert scores.precision >= 0.98
    assert scores.recall >= 0.85


def test_same_rows_in_another_order_give_the_same_pairs(
    rows: list[PersonRow], pairs: list[SimilarPair]
) -> None:
    assert find_similar_pairs(reversed(rows)) == pairs


def test_pairs_are_ordered_by_probability(pairs: list[SimilarPair]) -> None:
    probabilities = [pair.probability for pair in pairs]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(0.5 <= probability <= 1 for probability in probabilities)


def test_evidence_holds_no_value_of_a_record(
    rows: list[PersonRow], pairs: list[SimilarPair]
) -> None:
    values = {value.lower() for row in rows for value in row.values() if len(value) > 3}
    words = " ".join(sentence for pair in pairs for sentence in pair.evidence)
    assert words
    assert not [value for value in values if re.search(rf"\b{re.escape(value)}\b", words)]


def test_evidence_names_agreements_before_differences() -> None:
    rows = [
        {"id": "1", "name": "Ann Lee", "dob": "1990-01-02", "city": "Lyon", "phone": "0155501234"},
        {"id": "2", "name": "Ann Lee", "dob": "1990-01-02", "city": "Graz", "phone": "0155501235"},
        {"id": "3", "name": "Bo Roth", "dob": "1955-11-23", "city": "Cork"},
    ]
    (pair,) = find_similar_pairs(rows)
    assert (pair.left, pair.right) == ("1", "2")
    assert pair.evidence == [
        "same name",
        "same birth date",
        "phone number differs by one digit",
        "different cities",
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"id": "1", "name": "Ann Lee"}],
        [{"id": number, "name": None, "email": ""} for number in range(3)],
        [{"id": number, "name": "Ann Lee", "city": "Lyon"} for number in range(10_000)],
    ],
    ids=["empty", "one", "no values", "equal rows"],
)
def test_table_that_tells_nobody_apart_has_no_pairs(rows: list[dict[str, object]]) -> None:
    assert find_similar_pairs(rows) == []


def test_one_different_row_among_equal_ones_makes_no_pairs() -> None:
    rows = [{"id": number, "name": "Ann Lee", "city": "Lyon"} for number in range(2_000)]
    assert find_similar_pairs([*rows, {"id": "x", "name": "Bo Roth", "city": "Cork"}]) == []


def test_names_in_any_script_and_with_quotes_are_compared() -> None:
    names = ["王 小明", "王 小明", "Мария Иванова", "O'Brien'; DROP TABLE people --", "Łucja Żak"]
    phones = ["+8613800138000", "+8613800138000", "+79161234567", None, float("nan")]
    table = enumerate(zip(names, phones, strict=True))
    rows = [{"id": number, "name": name, "phone": phone} for number, (name, phone) in table]
    assert [(pair.left, pair.right) for pair in find_similar_pairs(rows)] == [("0", "1")]


@pytest.mark.skipif(not SHARED_TABLE.exists(), reason="needs fake_1000.csv")
def test_fake_1000_reaches_its_target_without_labels() -> None:
    rows = read_rows(SHARED_TABLE)
    scores = score(rows, find_similar_pairs(rows))
    assert scores.precision >= 0.98
    assert scores.f1 >= 0.94
