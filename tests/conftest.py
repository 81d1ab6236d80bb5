"""Fixtures every suite shares: fake credentials, and the stack's resources on moto."""

import gc
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from moto import mock_aws
from xdist.scheduler import LoadScopeScheduling

from tests.support import aws as stack

# Hypothesis fails a test that is slow, and a busy machine makes any test slow.
hypothesis.settings.register_profile(
    "regulars", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("regulars")


def pytest_collection_finish() -> None:
    """What was imported stays: collecting garbage need not look at it again, a thousand handlers later."""
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def pytest_sessionfinish() -> None:
    """Let the interpreter collect at its end what was imported.

    DuckDB's binding keeps its types and functions in reference cycles. While they are frozen, the last collection does
    not free them, and the binding reports each as leaked.
    """
    gc.unfreeze()


# Folders whose tests stay on one worker: they share a running stack, or what functions were seen to do.
TOGETHER = {"local": "local", "functions": "roles", "infra": "roles"}


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Which tests stay together: those of a file, which share fixtures, and those of some folders."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return TOGETHER.get(file.split("/")[1], file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Say so to xdist, whose own groups do nothing with pytest 9.2: its ids of tests are fixed."""
    return Scheduling(config, log)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test can reach a real account."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": stack.REGION,
        "AWS_REGION": stack.REGION,
        "POWERTOOLS_SERVICE_NAME": "regulars",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def aws() -> Iterator[stack.MotoStack]:
    """All tables, buckets and parameters of the stack, on moto."""
    with mock_aws():
        yield stack.create_moto_stack()
