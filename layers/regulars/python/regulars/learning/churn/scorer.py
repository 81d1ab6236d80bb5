"""How likely a buyer is to stay away for the horizon, and why, from a published scorer or from plain rules."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from regulars.learning.churn import (
    linear_scorer as linear,
)
from regulars.learning.churn import (
    reasons as churn_words,
)
from regulars.learning.churn import (
    tree_scorer as trees,
)

_CONTRIBUTIONS = {"linear": linear.contributions, "trees": trees.contributions}
HIGH, MEDIUM = 0.7, 0.4  # a risk from which on somebody is worth a letter, and one worth an eye
_LONG, _LATE = 3.0, 1.5  # the same for a silence, in own gaps between orders


class Churn(NamedTuple):
    """A buyer's risk: `probability` is None where only rules could speak; `basis` is model or rules."""

    probability: float | None
    band: str  # high | medium | low | unknown
    basis: str
    reasons: tuple[str, ...] = ()


def assess(
    scorer: Mapping[str, Any] | None, features: Mapping[str, float], horizon_days: int
) -> Churn:
    """The risk of one person, by the scorer, or by rules when there is none (no champion, or too little data)."""
    if features["orders"] < 1:
        return Churn(None, "unknown", "rules", ("no order yet",))
    if scorer is None:
        return _by_rules(features, horizon_days)
    added = _CONTRIBUTIONS[scorer["kind"]](scorer, features)
    risk = _probability(scorer, added)
    reasons = churn_words.reasons(added, features, rising=risk >= scorer["typical"])
    return Churn(risk, _band(risk), "model", reasons)


def probability(scorer: Mapping[str, Any], features: Mapping[str, float]) -> float:
    """The probability that a buyer buys nothing within the horizon."""
    return _probability(scorer, _CONTRIBUTIONS[scorer["kind"]](scorer, features))


def _probability(scorer: Mapping[str, Any], added: Mapping[str, float]) -> float:
    log_odds = scorer["base"] + math.fsum(added.values())
    return 1 / (1 + math.exp(-max(-700.0, log_odds)))


def _band(risk: float) -> str:
    return "high" if risk >= HIGH else "medium" if risk >= MEDIUM else "low"


def _by_rules(features: Mapping[str, float], horizon_days: int) -> Churn:
    """Compare the silence with the person's own gap, or with the shop's horizon when they bought on one day only."""
    silence = features["recency_days"]
    own_gap = features["gap_mean"] if features["purchase_days"] > 1 else horizon_days / 2
    overdue = silence / max(own_gap, 1.0)
    if overdue >= _LONG or silence >= horizon_days:
        band = "high"
    else:
        band = "medium" if overdue >= _LATE else "low"
    return Churn(None, band, "rules", (churn_words.silence(features),))
