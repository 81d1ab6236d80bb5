"""The benchmarks have their data, and a suite that cannot run here is skipped with its reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks.online_retail import DATA_FILE, read_sales
from tests.benchmarks.rows import BenchmarkRow, MissingRequirementError, format_table


def measure_nothing() -> Iterator[BenchmarkRow]:
    yield BenchmarkRow(name="first", value=1.0, unit="s")
    raise MissingRequirementError("the layers are not built")


def test_suite_without_its_requirement_is_skipped_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(benchmarks.SUITES, "cold", measure_nothing)
    rows = list(benchmarks.measure_suite("cold"))
    assert [row.name for row in rows] == ["first", "cold"]
    assert format_table(rows).endswith("skipped: the layers are not built")


def test_data_set_is_shipped_with_its_attribution() -> None:
    assert DATA_FILE.stat().st_size > 3_000_000
    assert "CC BY 4.0" in DATA_FILE.with_name("ATTRIBUTION.md").read_text()


def test_missing_data_set_is_a_missing_requirement(tmp_path: Path) -> None:
    with pytest.raises(MissingRequirementError, match="is missing"):
        read_sales(tmp_path / "online_retail.parquet")
