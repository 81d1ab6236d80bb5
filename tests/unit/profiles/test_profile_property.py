"""A profile is the fold of its ledger: whatever the order, the repetition, the batches, the crashes and the races."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.domain.events import Event
from regulars.profiles import fold as folding
from regulars.profiles import write as writing
from tests.support.profile_oracle import LEDGERS, Stream, assert_folded, left_behind

CHANCES = st.integers(0, 2**32).map(random.Random)
PROPERTY = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting, and ids put aside so early that it matters in a short run."""
    monkeypatch.setattr(writing, "back_off", lambda _: None)
    monkeypatch.setattr(folding, "MAX_APPLIED_IDS", 3)


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({}, id="shuffled and repeated"),
        pytest.param({"crashes": 0.2}, id="crashes"),
        pytest.param({"overtakings": 0.2}, id="races"),
        pytest.param({"rewrites": 0.5, "crashes": 0.1}, id="rewrites and crashes"),
        pytest.param({"rewrites": 0.5, "overtakings": 0.2}, id="rewrites and races"),
    ],
)
@PROPERTY
@given(LEDGERS, CHANCES)
def test_profile_is_the_fold_of_its_ledger(
    trouble: dict[str, Any], events: list[Event], chance: random.Random
) -> None:
    stream = Stream(events, chance, **trouble)
    stream.run()
    assert_folded(stream.memory)
    assert not left_behind(stream.memory)


@PROPERTY
@given(LEDGERS, CHANCES)
def test_profile_is_the_fold_of_its_ledger_when_everything_goes_wrong_at_once(
    events: list[Event], chance: random.Random
) -> None:
    stream = Stream(events, chance, crashes=0.1, overtakings=0.2, rewrites=0.3)
    stream.run()
    assert_folded(stream.memory)
