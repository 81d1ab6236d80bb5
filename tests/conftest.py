"""Provides the fixtures of all suites: fake credentials, and the resources of the stack on moto."""

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
    """Exclude the imported modules from garbage collection, which a thousand handlers would repeat otherwise."""
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def pytest_sessionfinish() -> None:
    """Let the interpreter collect at its end what was imported.

    DuckDB's binding keeps its types and functions in reference cycles. While they are frozen, the last collection does
    not free them, and the binding reports each as leaked.
    """
    gc.unfreeze()


# Folders whose tests run on one worker: they share a running stack, or the record of what functions call.
WORKER_GROUPS = {"local": "local", "functions": "roles", "infra": "roles"}


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Runs on one worker the tests of a file, which share fixtures, and those of a group of folders."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return WORKER_GROUPS.get(file.split("/")[1], file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling:
    """Return our scheduler: the groups of xdist have no effect with pytest 9.2, whose test ids cannot be changed."""
    return GroupScheduling(config, log)


@pytest.fixture(autouse=True)
def set_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set fake credentials, so that no test can reach a real account."""
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
    """Provide all tables, buckets and parameters of the stack on moto."""
    with mock_aws():
        yield stack.create_moto_stack()
