"""What was read is told again for a while, and never more of it than fits."""

import pytest

from regulars.store import cache as remembered
from regulars.store.cache import Remembered

SECONDS = 60.0


class Shelf:
    """Something to read from, with a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.value: str | None = "first"
        self.reads = 0

    def read(self, name: str) -> str | None:
        self.reads += 1
        return self.value and f"{name}: {self.value}"

    def clock(self) -> float:
        return self.now


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def kept(shelf: Shelf) -> Remembered[str | None]:
    return Remembered(shelf.read, SECONDS, shelf.clock)


@pytest.mark.parametrize(("later", "reads"), [(0.0, 1), (59.9, 1), (60.0, 2)])
def test_value_is_read_again_when_its_time_is_over(
    kept: Remembered[str | None], shelf: Shelf, later: float, reads: int
) -> None:
    assert kept.get("a") == "a: first"
    shelf.now = later
    assert kept.get("a") == "a: first"
    assert shelf.reads == reads


@pytest.mark.parametrize(("later", "found"), [(4.9, None), (5.0, "a: made")])
def test_absent_value_is_looked_for_again_within_seconds(
    kept: Remembered[str | None], shelf: Shelf, later: float, found: str | None
) -> None:
    shelf.value = None
    assert kept.get("a") is None
    shelf.now, shelf.value = later, "made"
    assert kept.get("a") == found


def test_value_is_renewed_at_once_and_then_not_for_half_a_minute(
    kept: Remembered[str | None], shelf: Shelf
) -> None:
    kept.get("a")
    shelf.now, shelf.value = 1.0, "second"
    assert kept.renewed("a") == kept.get("a") == "a: second"
    shelf.now, shelf.value = 30.9, "third"
    assert kept.renewed("a") == "a: second"
    shelf.now = 31.0
    assert kept.renewed("a") == "a: third"


def test_value_read_for_this_very_call_is_not_renewed_and_may_be_soon(
    kept: Remembered[str | None], shelf: Shelf
) -> None:
    kept.get("a")
    shelf.now, shelf.value = 0.9, "second"
    assert kept.renewed("a") == "a: first"
    shelf.now = 1.0
    assert kept.renewed("a") == "a: second"


def test_flood_of_renewals_is_one_read_in_half_a_minute(
    kept: Remembered[str | None], shelf: Shelf
) -> None:
    for tenth in range(1200):
        shelf.now = tenth / 10
        kept.renewed("a")
    assert shelf.reads == 120 / 30


def test_ordinary_read_does_not_allow_another_renewal(shelf: Shelf) -> None:
    briefly = Remembered(shelf.read, 10.0, shelf.clock)
    briefly.renewed("a")
    shelf.now = 15.0
    briefly.get("a")
    shelf.now, shelf.value = 20.0, "second"
    assert briefly.renewed("a") == "a: first"


def test_forgotten_value_is_read_anew(kept: Remembered[str | None], shelf: Shelf) -> None:
    kept.get("a")
    shelf.value = "second"
    kept.forget("a")
    assert kept.get("a") == "a: second"


def test_flood_of_names_drops_those_read_longest_ago(
    kept: Remembered[str | None], shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "MOST", 2)
    for name in ("a", "b", "c"):
        kept.get(name)
    assert len(kept) == 2
    kept.get("b")
    assert shelf.reads == 3
    kept.get("a")
    assert shelf.reads == 4
