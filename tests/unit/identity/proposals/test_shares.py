"""What a table teaches about agreement is corrected where it is misleading."""

from typing import Any

import pytest

from regulars.identity.proposals.shares import correct_shares

MANY_PAIRS = 10**9
SAME_SHARE, PRIOR_PROBABILITY = 0.9, 0.01


def correct_two_levels(sampled: int, **shares: float) -> dict[str, Any]:
    """Return the first of two levels after the correction."""
    levels: list[dict[str, Any]] = [dict(shares), {"m_probability": 0.1, "u_probability": 0.9}]
    correct_shares(levels, [0.05], sampled, PRIOR_PROBABILITY)
    return levels[0]


def test_true_pairs_are_taken_out_of_the_random_ones() -> None:
    mixed_share = PRIOR_PROBABILITY * SAME_SHARE + (1 - PRIOR_PROBABILITY) * 0.02
    level = correct_two_levels(MANY_PAIRS, m_probability=SAME_SHARE, u_probability=mixed_share)
    assert level["u_probability"] == pytest.approx(0.02, rel=1e-3)


def test_small_table_takes_the_usual_share() -> None:
    level = correct_two_levels(3, m_probability=SAME_SHARE, u_probability=1 / 3)
    assert level["u_probability"] == pytest.approx(0.05, abs=0.002)


def test_share_that_no_pair_shows_is_usual() -> None:
    assert correct_two_levels(3, m_probability=SAME_SHARE)["u_probability"] == pytest.approx(
        0.05, abs=0.001
    )


def test_level_without_an_example_excludes_nobody() -> None:
    level = correct_two_levels(MANY_PAIRS, m_probability=0.0, u_probability=0.9)
    assert level["m_probability"] == 0.01


def test_untrained_comparison_has_assumed_shares_that_sum_to_one() -> None:
    levels: list[dict[str, Any]] = [{"u_probability": 0.1} for _ in range(4)]
    correct_shares(levels, [0.1, 0.1, 0.1], MANY_PAIRS, PRIOR_PROBABILITY)
    shares = [level["m_probability"] for level in levels]
    assert sum(shares) == pytest.approx(1)
    assert (max(shares), min(shares)) == (shares[0], shares[-1])
