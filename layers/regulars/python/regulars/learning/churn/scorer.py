"""Assess the churn risk of a person with a published model, or with the rule fitted to the shop: risk, band and reasons."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.learning.churn import lifetime_scorer, linear_scorer, reasons, tree_scorer
from regulars.learning.churn.risk_scale import RiskScale

RULE_KIND = "lifetime"
_CONTRIBUTION_FUNCTIONS = {
    "linear": linear_scorer.compute_contributions,
    "trees": tree_scorer.compute_contributions,
    RULE_KIND: lifetime_scorer.compute_contributions,
}


@dataclass(frozen=True, kw_only=True)
class ChurnScore:
    """The churn risk of a person; `probability` is None for a person who never bought."""

    probability: float | None
    band: str  # high | medium | low | unknown
    basis: str  # model | rules
    reasons: tuple[str, ...]


def assess_churn(
    scorer: Mapping[str, Any], scale: RiskScale, features: Mapping[str, float]
) -> ChurnScore:
    """Assess one person; the band and the reasons compare the person with the shop's other buyers."""
    if features["orders"] < 1:
        return ChurnScore(
            probability=None, band="unknown", basis="rules", reasons=("no order yet",)
        )
    contributions = _CONTRIBUTION_FUNCTIONS[scorer["kind"]](scorer, features)
    probability = _to_probability(scorer, contributions)
    return ChurnScore(
        probability=probability,
        band=scale.choose_band(probability),
        basis="rules" if scorer["kind"] == RULE_KIND else "model",
        reasons=reasons.explain_risk(
            contributions,
            features,
            scale.reason_bounds,
            raises_risk=scale.exceeds_base_rate(probability),
        ),
    )


def predict_probability(scorer: Mapping[str, Any], features: Mapping[str, float]) -> float:
    """Return the probability that a buyer buys nothing within the horizon."""
    return _to_probability(scorer, _CONTRIBUTION_FUNCTIONS[scorer["kind"]](scorer, features))


def _to_probability(scorer: Mapping[str, Any], contributions: Mapping[str, float]) -> float:
    log_odds = scorer["base"] + math.fsum(contributions.values())
    return 1 / (1 + math.exp(-max(-700.0, log_odds)))
