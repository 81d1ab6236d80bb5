"""A profile is the fold of its ledger at any sequence, repetition, batch size, crash and race."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.domain.events import Event
from regulars.identity import links as linking
from regulars.profiles import fold as folding
from regulars.profiles import write as writing
from tests.support import identity_oracle
from tests.support.profile_oracle import (
    DECIDED_LEDGERS,
    LEDGERS,
    ShuffledStream,
    assert_profiles_folded,
)

RANDOMS = st.integers(0, 2**32).map(random.Random)
PROPERTY_SETTINGS = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(autouse=True)
def without_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip waiting, and spill ids so early that it happens in a short run."""
    monkeypatch.setattr(writing, "back_off", lambda _: None)
    monkeypatch.setattr(folding, "MAX_APPLIED_IDS", 3)


@pytest.mark.parametrize(
    "chances",
    [
        pytest.param({}, id="shuffled and repeated"),
        pytest.param({"crash_chance": 0.2}, id="crashes"),
        pytest.param({"overtaking_chance": 0.2}, id="races"),
        pytest.param({"replace_chance": 0.5, "crash_chance": 0.1}, id="rewrites and crashes"),
        pytest.param({"replace_chance": 0.5, "overtaking_chance": 0.2}, id="rewrites and races"),
    ],
)
@PROPERTY_SETTINGS
@given(LEDGERS, RANDOMS)
def test_profile_is_the_fold_of_its_ledger(
    chances: dict[str, Any], events: list[Event], random_: random.Random
) -> None:
    stream = ShuffledStream(events, random_, **chances)
    stream.deliver_all()
    assert_profiles_folded(stream.memory)


@PROPERTY_SETTINGS
@given(LEDGERS, RANDOMS)
def test_profile_is_the_fold_of_its_ledger_when_everything_goes_wrong_at_once(
    events: list[Event], random_: random.Random
) -> None:
    stream = ShuffledStream(
        events=events, random=random_, crash_chance=0.1, overtaking_chance=0.2, replace_chance=0.3
    )
    stream.deliver_all()
    assert_profiles_folded(stream.memory)


@pytest.mark.parametrize(
    "chances",
    [
        pytest.param({}, id="shuffled and repeated"),
        pytest.param({"crash_chance": 0.2}, id="crashes"),
        pytest.param({"overtaking_chance": 0.2}, id="races"),
        pytest.param(
            {"crash_chance": 0.1, "overtaking_chance": 0.2, "replace_chance": 0.3},
            id="everything at once",
        ),
    ],
)
@PROPERTY_SETTINGS
@given(DECIDED_LEDGERS, RANDOMS)
def test_people_follow_decisions_and_worthless_values(
    chances: dict[str, Any], events: list[Event], random_: random.Random
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        # Two other identities make a value worthless, so that it happens in a short run.
        patch.setattr(linking, "MAX_SHARED_IDENTITIES", 1)
        patch.setattr(identity_oracle, "MAX_SHARED_IDENTITIES", 1)
        stream = ShuffledStream(events, random_, **chances)
        stream.deliver_all()
        assert_profiles_folded(stream.memory)
