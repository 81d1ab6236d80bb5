"""Relate the risk of a buyer to the risks of a shop's other buyers: which band it is in, and what is common."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from regulars.learning.churn.reasons import REASON_THEMES, ReasonBounds

# A high risk has at least twice the odds of the base rate, and a low one at most half of them.
_BAND_ODDS_RATIO = 2.0
_MAX_HIGH_SHARE = 1 / 3  # of the buyers
# Whatever the shop: a lower risk is not called high, a higher one not low.
_MIN_HIGH_PROBABILITY, _MAX_LOW_PROBABILITY = 0.25, 0.75
# A reason is said to two fifths of the buyers at most.
_COMMON_SHARE = 0.6

type Rows = Sequence[Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class RiskScale:
    """The risks of a shop's buyers.

    A probability above `above_high` is a high risk, one of `up_to_low` or less a low one. `reason_bounds` are by
    feature: what exceeds the bounds is uncommon in this shop.
    """

    base_rate: float = 0.5
    above_high: float = 2 / 3
    up_to_low: float = 1 / 3
    reason_bounds: Mapping[str, ReasonBounds] = field(default_factory=dict)

    def choose_band(self, probability: float) -> str:
        """Return high, medium or low."""
        if probability > self.above_high:
            return "high"
        return "low" if probability <= self.up_to_low else "medium"

    def exceeds_base_rate(self, probability: float) -> bool:
        """Return whether the reasons have to say why the buyer may stay away."""
        return probability > self.up_to_low and probability >= self.base_rate


def measure_risk_scale(probabilities: Sequence[float], buyers: Rows) -> RiskScale:
    """Return the scale of a shop from its present buyers and their probabilities to stay away."""
    if not buyers:
        return RiskScale()
    base_rate = math.fsum(probabilities) / len(probabilities)
    above_high = max(
        _scale_odds(base_rate, _BAND_ODDS_RATIO),
        _find_quantile(probabilities, 1 - _MAX_HIGH_SHARE),
        _MIN_HIGH_PROBABILITY,
    )
    return RiskScale(
        base_rate=base_rate,
        above_high=above_high,
        up_to_low=min(_scale_odds(base_rate, 1 / _BAND_ODDS_RATIO), _MAX_LOW_PROBABILITY),
        reason_bounds=_measure_reason_bounds(buyers),
    )


def _measure_reason_bounds(buyers: Rows) -> dict[str, ReasonBounds]:
    figures = sorted({theme.figure for theme in REASON_THEMES} & set(buyers[0]))
    bounds = {}
    for figure in figures:
        values = [buyer[figure] for buyer in buyers]
        low = -_find_quantile([-value for value in values], _COMMON_SHARE)
        bounds[figure] = ReasonBounds(low=low, high=_find_quantile(values, _COMMON_SHARE))
    return bounds


def _scale_odds(probability: float, ratio: float) -> float:
    return ratio * probability / (1 - probability + ratio * probability)


def _find_quantile(values: Sequence[float], share: float) -> float:
    """Return the lowest value that at most 1 - `share` of the values exceed."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
