"""Evaluate the candidates for churn and the two rules on the same held-out buyers, and check what a model must reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from regulars.learning.churn.time_split import ChurnSplit
from regulars.learning.contract import MIN_STANDARD_ERRORS, Requirement
from regulars.learning.evaluation import ProbabilityEvaluation

CHANCE_AUC = 0.5


@dataclass(frozen=True, kw_only=True)
class ChurnEvaluation:
    """The candidates by kind and the two rules, evaluated on the held-out rows.

    The rules are a logistic regression on recency alone, and the churn rate of the newest cut-off before.
    """

    chosen: str
    candidates: Mapping[str, ProbabilityEvaluation]
    recency_rule: ProbabilityEvaluation
    base_rate: ProbabilityEvaluation
    held_out: pd.DataFrame

    @property
    def challenger(self) -> ProbabilityEvaluation:
        """The chosen candidate's evaluation."""
        return self.candidates[self.chosen]


def check_requirements(evaluation: ChurnEvaluation) -> tuple[Requirement, ...]:
    """Check the challenger against chance and against the base rate: a model of noise may well beat a rule of noise."""
    brier = evaluation.challenger.gain_in_brier_over(evaluation.base_rate)
    return (
        Requirement(
            "ranking",
            evaluation.challenger.auc_lower_bound(MIN_STANDARD_ERRORS) > CHANCE_AUC,
            "Its ranking may be chance: the interval of its AUC includes 0.5.",
        ),
        Requirement(
            "base_rate",
            brier.mean >= -brier.standard_error,
            "Its probabilities are worse than the share of all buyers who stay away.",
        ),
    )


def evaluate_base_rate(split: ChurnSplit) -> ProbabilityEvaluation:
    """Evaluate the churn rate of the newest cut-off that was known before the hold-out, for everybody."""
    newest = split.training[split.training["cutoff"] == split.training["cutoff"].max()]
    outcomes = split.held_out["churned"].to_numpy(dtype=np.float64)
    return ProbabilityEvaluation(outcomes, np.full(len(outcomes), newest["churned"].mean()))


def report_metrics(evaluation: ChurnEvaluation) -> dict[str, Any]:
    """Return the metrics of the chosen candidate, of every candidate and of the rules."""
    candidates = {kind: candidate.metrics() for kind, candidate in evaluation.candidates.items()}
    lower_bound = evaluation.challenger.auc_lower_bound(MIN_STANDARD_ERRORS)
    return {
        **candidates[evaluation.chosen],
        "auc_lower_bound": round(lower_bound, 4),
        "n": len(evaluation.held_out),
        "churn_rate": round(float(evaluation.challenger.outcomes.mean()), 4),
        "base_rate_brier": round(float(evaluation.base_rate.error_squares().mean()), 4),
        "chosen": evaluation.chosen,
        "candidates": candidates,
        "recency_rule": evaluation.recency_rule.metrics(),
    }
