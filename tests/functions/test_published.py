"""What is the same for everybody is read once a minute, and health once in ten seconds."""

from regulars.api.health import Health
from regulars.store.published import Published
from regulars.store.publishing import Publishing
from tests.support.aws import Deployed


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_published_lists_are_read_again_after_a_minute(aws: Deployed) -> None:
    clock, publishing = Clock(), Publishing("test-control", aws.dynamodb)
    published = Published("test-control", aws.dynamodb, clock)
    assert published.popular() == []
    publishing.popular([("pot", 2.5)], "2026-01-02")
    assert published.popular() == []
    clock.now += 60
    assert list(published.popular()[0]) == ["pot", 2.5]


def test_health_does_not_probe_at_every_question() -> None:
    clock, probed = Clock(), list[str]()
    health = Health({"profiles": lambda: probed.append("again")}, clock)
    clock.now = 100.0
    assert [health.report()["status"] for _ in range(3)] == ["ok"] * 3
    assert len(probed) == 1
    clock.now += 10
    health.report()
    assert len(probed) == 2
