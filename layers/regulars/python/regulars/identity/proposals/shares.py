"""Correct what was learned of one comparison: how often one person's records, and those of two people, agree at each level.

A level is a dict of Splink's settings with the shares `m_probability` (one person) and `u_probability` (two people); what the
table does not show is absent.
"""

from collections.abc import Sequence
from typing import Any

# No agreement or difference may decide alone because the few pairs at hand have no counter-example.
MIN_MATCH_SHARE, MIN_RANDOM_SHARE = 0.01, 1e-5
# So much counts what is usual, against what the table shows: a small table shows little.
USUAL_PAIRS = 1_000
ASSUMED_SAME_SHARE, ASSUMED_DIFFERENT_SHARE = 0.8, 0.05
MIN_DIFFERENT_SHARE = 0.1  # of the random pairs that agree, those of two people


def correct_shares(
    levels: Sequence[dict[str, Any]], usual: Sequence[float], sampled: int, prior: float
) -> None:
    """Complete and limit the shares of all levels, in place, the last of which is a difference.

    `usual` are the usual shares of two people at the levels before the last, `sampled` is the number of random pairs from
    which the shares were learned, `prior` the probability that a random pair is one person.
    """
    if not any("m_probability" in level for level in levels):
        _assume_shares(levels)
    for level, share in zip(levels, [*usual, 1 - sum(usual)], strict=True):
        _correct_level(level, share, sampled, prior)


def _assume_shares(levels: Sequence[dict[str, Any]]) -> None:
    """Set how often one person's records agree at each level, where no pair of the table teaches it."""
    first, *middle, last = levels
    first["m_probability"], last["m_probability"] = ASSUMED_SAME_SHARE, ASSUMED_DIFFERENT_SHARE
    for level in middle:
        level["m_probability"] = (1 - ASSUMED_SAME_SHARE - ASSUMED_DIFFERENT_SHARE) / len(middle)


def _correct_level(level: dict[str, Any], usual: float, sampled: int, prior: float) -> None:
    """Take the true pairs out of the random ones, add usual pairs, and limit what the level can say."""
    matching = level.get("m_probability", 0.0)
    random = level.get("u_probability", 0.0)
    different = max((random - prior * matching) / (1 - prior), random * MIN_DIFFERENT_SHARE)
    different = (different * sampled + usual * USUAL_PAIRS) / (sampled + USUAL_PAIRS)
    level["m_probability"] = max(matching, MIN_MATCH_SHARE)
    level["u_probability"] = max(different, MIN_RANDOM_SHARE)
