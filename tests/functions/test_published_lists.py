"""Published lists are read once a minute, and the health of the parts once in ten seconds."""

import pytest

from regulars.api.health import HealthProbes
from regulars.store.published_lists import PublishedLists
from tests.support.aws import MotoStack

TABLE_NAME = "test-control"


class ManualClock:
    """A clock that a test moves by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def test_published_lists_are_read_again_after_a_minute(aws: MotoStack, clock: ManualClock) -> None:
    reader = PublishedLists(TABLE_NAME, aws.dynamodb, clock)
    assert reader.read_popular_products() == []
    PublishedLists(TABLE_NAME, aws.dynamodb).publish_popular_products([("pot", 2.5)], "2026-01-02")
    assert reader.read_popular_products() == []
    clock.now += 60
    assert list(reader.read_popular_products()[0]) == ["pot", 2.5]


def test_container_that_publishes_reads_its_own_list(aws: MotoStack) -> None:
    lists = PublishedLists(TABLE_NAME, aws.dynamodb)
    assert lists.read_segments() == []
    lists.publish_segments([{"name": "champions"}], "2026-01-02")
    assert lists.read_segments() == [{"name": "champions"}]


def test_earlier_list_does_not_replace_a_later_one(aws: MotoStack) -> None:
    lists = PublishedLists(TABLE_NAME, aws.dynamodb)
    lists.publish_popular_products([("pot", 2.5)], "2026-01-02")
    lists.publish_popular_products([("pan", 9.0)], "2026-01-01")
    assert [product_id for product_id, _ in lists.read_popular_products()] == ["pot"]


def test_health_probes_its_parts_once_in_ten_seconds(clock: ManualClock) -> None:
    probes = list[str]()
    health = HealthProbes({"profiles": lambda: probes.append("profiles")}, clock)
    assert [health.report_health()["status"] for _ in range(3)] == ["ok"] * 3
    assert len(probes) == 1
    clock.now += 10
    health.report_health()
    assert len(probes) == 2


def test_weights_are_empty_before_the_first_scoring(aws: MotoStack) -> None:
    lists = PublishedLists(TABLE_NAME, aws.dynamodb)
    assert lists.read_weights() == {}
    lists.publish_weights({"content": 0.2, "habit": 3.0}, "2026-01-02")
    assert lists.read_weights() == {"content": 0.2, "habit": 3.0}
