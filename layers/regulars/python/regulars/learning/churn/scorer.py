"""Assess the churn risk of a person, with reasons, from a published scorer or from plain rules."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.learning.churn import linear_scorer, reasons, tree_scorer

_CONTRIBUTION_FUNCTIONS = {
    "linear": linear_scorer.compute_contributions,
    "trees": tree_scorer.compute_contributions,
}
HIGH_RISK_PROBABILITY, MEDIUM_RISK_PROBABILITY = 0.7, 0.4
# The same bands for a silence, as a multiple of the person's own gap between orders.
_HIGH_RISK_GAPS, _MEDIUM_RISK_GAPS = 3.0, 1.5


@dataclass(frozen=True, kw_only=True)
class ChurnScore:
    """The churn risk of a person; `probability` is None when `basis` is rules."""

    probability: float | None
    band: str  # high | medium | low | unknown
    basis: str  # model | rules
    reasons: tuple[str, ...]


def assess_churn(
    scorer: Mapping[str, Any] | None, features: Mapping[str, float], horizon_days: int
) -> ChurnScore:
    """Assess one person, by rules when there is no scorer (no champion, or too little data)."""
    if features["orders"] < 1:
        return ChurnScore(
            probability=None, band="unknown", basis="rules", reasons=("no order yet",)
        )
    if scorer is None:
        return _assess_by_rules(features, horizon_days)
    contributions = _CONTRIBUTION_FUNCTIONS[scorer["kind"]](scorer, features)
    probability = _to_probability(scorer, contributions)
    return ChurnScore(
        probability=probability,
        band=_choose_band(probability),
        basis="model",
        reasons=reasons.explain_risk(
            contributions, features, raises_risk=probability >= scorer["typical"]
        ),
    )


def predict_probability(scorer: Mapping[str, Any], features: Mapping[str, float]) -> float:
    """Return the probability that a buyer buys nothing within the horizon."""
    return _to_probability(scorer, _CONTRIBUTION_FUNCTIONS[scorer["kind"]](scorer, features))


def _to_probability(scorer: Mapping[str, Any], contributions: Mapping[str, float]) -> float:
    log_odds = scorer["base"] + math.fsum(contributions.values())
    return 1 / (1 + math.exp(-max(-700.0, log_odds)))


def _choose_band(probability: float) -> str:
    if probability >= HIGH_RISK_PROBABILITY:
        return "high"
    return "medium" if probability >= MEDIUM_RISK_PROBABILITY else "low"


def _assess_by_rules(features: Mapping[str, float], horizon_days: int) -> ChurnScore:
    """Compare the silence with the person's own gap, or with half the horizon after a single purchase day."""
    silence_days = features["recency_days"]
    gap_days = features["gap_mean"] if features["purchase_days"] > 1 else horizon_days / 2
    overdue_gaps = silence_days / max(gap_days, 1.0)
    if overdue_gaps >= _HIGH_RISK_GAPS or silence_days >= horizon_days:
        band = "high"
    else:
        band = "medium" if overdue_gaps >= _MEDIUM_RISK_GAPS else "low"
    return ChurnScore(
        probability=None, band=band, basis="rules", reasons=(reasons.describe_silence(features),)
    )
