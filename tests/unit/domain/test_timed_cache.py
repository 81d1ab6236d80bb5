"""A cached value is returned for its time; the number of entries is bounded."""

import pytest

from regulars.domain.timed_cache import TimedCache

SECONDS = 60.0

type TextCache = TimedCache[str | None]


class ManualSource:
    """A value to read, and a clock that a test moves by hand."""

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
def source() -> ManualSource:
    return ManualSource()


@pytest.fixture
def cache(source: ManualSource) -> TextCache:
    return TimedCache(SECONDS, source.clock, max_entries=2)


@pytest.mark.parametrize(("later", "reads"), [(0.0, 1), (59.9, 1), (60.0, 2)])
def test_value_is_read_again_after_its_time(
    cache: TextCache, source: ManualSource, later: float, reads: int
) -> None:
    assert cache.get("a", source.read) == "a: first"
    source.now = later
    assert cache.get("a", source.read) == "a: first"
    assert source.reads == reads


@pytest.mark.parametrize(("later", "expected"), [(4.9, None), (5.0, "a: created")])
def test_absent_value_is_read_again_within_seconds(
    cache: TextCache, source: ManualSource, later: float, expected: str | None
) -> None:
    source.value = None
    assert cache.get("a", source.read) is None
    source.now, source.value = later, "created"
    assert cache.get("a", source.read) == expected


def test_absent_value_is_never_kept_longer_than_a_present_one(source: ManualSource) -> None:
    cache = TimedCache[str | None](2.0, source.clock)
    source.value = None
    cache.get("a", source.read)
    source.now, source.value = 2.0, "created"
    assert cache.get("a", source.read) == "a: created"


def test_value_is_renewed_at_once_and_then_not_for_half_a_minute(
    cache: TextCache, source: ManualSource
) -> None:
    cache.get("a", source.read)
    source.now, source.value = 1.0, "second"
    assert cache.renew("a", source.read) == cache.get("a", source.read) == "a: second"
    source.now, source.value = 30.9, "third"
    assert cache.renew("a", source.read) == "a: second"
    source.now = 31.0
    assert cache.renew("a", source.read) == "a: third"


def test_value_read_for_the_present_request_is_not_renewed_for_it(
    cache: TextCache, source: ManualSource
) -> None:
    cache.get("a", source.read)
    source.now, source.value = 0.9, "second"
    assert cache.renew("a", source.read) == "a: first"
    source.now = 1.0
    assert cache.renew("a", source.read) == "a: second"


def test_flood_of_renewals_is_one_read_in_half_a_minute(
    cache: TextCache, source: ManualSource
) -> None:
    for tenth in range(1200):
        source.now = tenth / 10
        cache.renew("a", source.read)
    assert source.reads == 120 / 30


def test_ordinary_read_does_not_allow_another_renewal(source: ManualSource) -> None:
    cache = TimedCache[str | None](10.0, source.clock)
    cache.renew("a", source.read)
    source.now = 15.0
    cache.get("a", source.read)
    source.now, source.value = 20.0, "second"
    assert cache.renew("a", source.read) == "a: first"


def test_forgotten_value_is_read_again(cache: TextCache, source: ManualSource) -> None:
    cache.get("a", source.read)
    source.value = "second"
    cache.forget("a")
    assert cache.get("a", source.read) == "a: second"


@pytest.mark.parametrize(("later", "expected"), [(59.9, "value"), (60.0, None)])
def test_stored_value_is_found_until_it_expires(
    cache: TextCache, source: ManualSource, later: float, expected: str | None
) -> None:
    cache.put("a", "value")
    source.now = later
    assert cache.find("a") == expected


def test_full_cache_drops_the_entry_that_was_stored_first(
    cache: TextCache, source: ManualSource
) -> None:
    for name in ("a", "b", "c"):
        cache.get(name, source.read)
    assert len(cache) == 2
    assert cache.find("a") is None
    assert cache.find("b") == "b: first"
