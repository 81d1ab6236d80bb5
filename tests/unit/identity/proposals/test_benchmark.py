"""The benchmark reads truth as a column or as label pairs, and counts what it says."""

from pathlib import Path

import pandas as pd
import pytest

from tests.benchmarks.identity import (
    Truth,
    find_pairs_by_email,
    measure_pairs,
    read_rows,
    read_truth,
)

ROWS = [
    {"id": "1", "email": "a@example.com", "person": "x"},
    {"id": "2", "email": "A@example.com", "person": "x"},
    {"id": "3", "email": "", "person": "y"},
]
LABEL_FILES = {
    "left_id,right_id\n2,1\n": Truth({("1", "2")}),
    "unique_id_l,source_l,unique_id_r,source_r,clerical_match_score\n1,a,2,a,1.0\n3,a,1,a,0.0\n": (
        Truth({("1", "2")}, {("1", "2"), ("1", "3")})
    ),
}


def test_truth_is_read_from_a_column() -> None:
    assert read_truth(ROWS, "person") == Truth({("1", "2")})


@pytest.mark.parametrize("text", LABEL_FILES)
def test_truth_is_read_from_label_pairs(text: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    assert read_truth(ROWS, str(path)) == LABEL_FILES[text]


def test_parquet_and_csv_give_the_same_rows(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS)
    frame.to_csv(tmp_path / "people.csv", index=False)
    frame.to_parquet(tmp_path / "people.parquet", engine="fastparquet")
    assert read_rows(tmp_path / "people.parquet") == read_rows(tmp_path / "people.csv") == ROWS


def test_scores_count_right_and_wrong_pairs() -> None:
    scores = measure_pairs({("1", "2"), ("1", "3")}, {("1", "2"), ("4", "5"), ("6", "7")})
    assert scores == (1 / 2, 1 / 3, 2 / 5, 2)


def test_scores_of_no_pairs_are_zero() -> None:
    assert measure_pairs(set(), set()) == (0, 0, 0, 0)


def test_email_baseline_ignores_case_and_missing_addresses() -> None:
    assert find_pairs_by_email(ROWS) == {("1", "2")}
