"""Train the churn model: choose a candidate on the newest labelled cut-off, then fit it on all labelled rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from regulars.learning.churn.candidates import (
    BoostedTreesCandidate,
    ChurnCandidate,
    LinearCandidate,
)
from regulars.learning.churn.churn_evaluation import (
    ChurnEvaluation,
    check_requirements,
    evaluate_base_rate,
    report_metrics,
)
from regulars.learning.churn.scorer import predict_probability
from regulars.learning.churn.time_split import ChurnSplit, prepare_training, split_by_time
from regulars.learning.contract import (
    Dataset,
    FloatArray,
    ModelComparison,
    TrainedModel,
    Trainer,
)
from regulars.learning.evaluation import ProbabilityEvaluation

_RECENCY_RULE_FEATURES = ("recency_days",)


class ChurnTrainer(Trainer):
    """Train candidates, simplest first; a later one wins only if its gain exceeds the gain's standard error."""

    model = "churn"

    def __init__(
        self, candidates: Sequence[ChurnCandidate] = (LinearCandidate(), BoostedTreesCandidate())
    ) -> None:
        self._candidates = candidates

    def fit(self, dataset: Dataset) -> TrainedModel:
        """Choose a candidate on the held-out cut-off, then fit it on all labelled rows."""
        split = split_by_time(dataset)
        features, horizon_days = dataset.manifest.features, dataset.manifest.horizon_days
        evaluations = {
            candidate.kind: _evaluate_candidate(candidate, split, features, horizon_days)
            for candidate in self._candidates
        }
        chosen = _choose_simplest(self._candidates, evaluations)
        estimator = chosen.fit(*prepare_training(split.labelled, features, horizon_days))
        offset = _calibrate_offset(estimator, split.labelled, features)
        scorer = chosen.export(estimator, features, offset)
        scorer |= {"horizon_days": horizon_days}
        evaluation = ChurnEvaluation(
            chosen=chosen.kind,
            candidates=evaluations,
            recency_rule=_evaluate_candidate(
                LinearCandidate(1.0), split, _RECENCY_RULE_FEATURES, horizon_days
            ),
            base_rate=evaluate_base_rate(split),
            held_out=split.held_out,
        )
        return TrainedModel(
            estimator={"estimator": estimator, "offset": offset, "features": features},
            scorer=scorer,
            features=features,
            window=_describe_window(split),
            metrics=report_metrics(evaluation) | {"horizon_days": horizon_days},
            evaluation=evaluation,
        )

    def predict(self, estimator: Any, dataset: Dataset) -> FloatArray:
        """Return the churn probability of every buyer in the scoring rows."""
        rows = _select_buyers(dataset.scoring_rows)[list(estimator["features"])]
        if rows.empty:
            return np.zeros(0)
        log_odds = _predict_log_odds(estimator["estimator"], rows) + estimator["offset"]
        return _to_probabilities(log_odds)

    def score(self, scorer: Mapping[str, Any], dataset: Dataset) -> FloatArray:
        """Return the plain scorer's probabilities of the same buyers."""
        return _score_rows(scorer, _select_buyers(dataset.scoring_rows))

    def compare(
        self, trained: TrainedModel, champion: Mapping[str, Any] | None, dataset: Dataset
    ) -> ModelComparison:
        """Compare log-loss and calibration on the held-out cut-off with the champion, or with recency alone.

        The comparison favours the champion a little: it may have been trained on these very outcomes, while the
        challenger's hold-out fit has not. A champion of another horizon, or of a feature that is gone, is represented by
        the candidate of its kind.
        """
        evaluation: ChurnEvaluation = trained.evaluation
        compatible = champion is None or _can_score(champion, dataset)
        baseline = self._choose_baseline(evaluation, champion, compatible=compatible)
        gain = evaluation.challenger.gain_over(baseline)
        calibration_error, standard_error = evaluation.challenger.calibration_error()
        baseline_error, _ = baseline.calibration_error()
        return ModelComparison(
            gain=gain.mean,
            standard_error=gain.standard_error,
            calibration_worse=calibration_error > baseline_error + 2 * standard_error,
            compatible=compatible,
            requirements=check_requirements(evaluation),
        )

    def renew(
        self, trained: TrainedModel, champion: Mapping[str, Any], dataset: Dataset
    ) -> TrainedModel:
        """Fit the champion's kind of candidate on a dataset; a kind that is gone leaves the trained model."""
        kept = [candidate for candidate in self._candidates if candidate.kind == champion["kind"]]
        if not kept or champion["kind"] == trained.scorer["kind"]:
            return trained
        return ChurnTrainer(kept).fit(dataset)

    def _choose_baseline(
        self,
        evaluation: ChurnEvaluation,
        champion: Mapping[str, Any] | None,
        *,
        compatible: bool,
    ) -> ProbabilityEvaluation:
        if champion is None:
            return evaluation.recency_rule
        if not compatible:
            return evaluation.candidates.get(champion["kind"], evaluation.recency_rule)
        probabilities = _score_rows(champion, evaluation.held_out)
        return ProbabilityEvaluation(evaluation.challenger.outcomes, probabilities)


def _can_score(champion: Mapping[str, Any], dataset: Dataset) -> bool:
    """Return whether the champion predicts this dataset's horizon, from features that it has."""
    has_horizon = champion.get("horizon_days") == dataset.manifest.horizon_days
    return has_horizon and _list_features(champion) <= set(dataset.manifest.features)


def _evaluate_candidate(
    candidate: ChurnCandidate, split: ChurnSplit, features: Sequence[str], horizon_days: int
) -> ProbabilityEvaluation:
    """Fit a candidate on the training rows and evaluate it on the held-out ones."""
    estimator = candidate.fit(*prepare_training(split.training, features, horizon_days))
    offset = _calibrate_offset(estimator, split.training, features)
    log_odds = _predict_log_odds(estimator, split.held_out[list(features)]) + offset
    outcomes = split.held_out["churned"].to_numpy(dtype=np.float64)
    return ProbabilityEvaluation(outcomes, _to_probabilities(log_odds))


def _calibrate_offset(estimator: Any, rows: pd.DataFrame, features: Sequence[str]) -> float:
    """Return the shift of the log-odds that makes the mean probability at the newest cut-off the observed rate.

    This is calibration-in-the-large (Steyerberg, "Clinical Prediction Models", 2009). All cut-offs teach which people
    stay away; how many do changes with the season, and the newest outcomes are the best estimate of it.
    """
    newest = rows[rows["cutoff"] == rows["cutoff"].max()]
    log_odds = _predict_log_odds(estimator, newest[list(features)])
    rate = (newest["churned"].sum() + 0.5) / (len(newest) + 1)
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        is_below = _to_probabilities(log_odds + middle).mean() < rate
        low, high = (middle, high) if is_below else (low, middle)
    return (low + high) / 2


def _predict_log_odds(estimator: Any, rows: pd.DataFrame) -> FloatArray:
    """Return the estimator's log-odds; on shared cores the threads of the trees would wait for each other."""
    with threadpool_limits(limits=1, user_api="openmp"):
        log_odds: FloatArray = estimator.decision_function(rows)
    return log_odds


def _choose_simplest(
    candidates: Sequence[ChurnCandidate], evaluations: Mapping[str, ProbabilityEvaluation]
) -> ChurnCandidate:
    """Return the first candidate that no later one beats beyond the standard error of its gain."""
    chosen = candidates[0]
    for candidate in candidates[1:]:
        gain = evaluations[candidate.kind].gain_over(evaluations[chosen.kind])
        chosen = candidate if gain.mean > gain.standard_error else chosen
    return chosen


def _describe_window(split: ChurnSplit) -> dict[str, str]:
    cutoffs = split.labelled["cutoff"]
    return {
        "first_cutoff": cutoffs.min(),
        "learnt_until": split.training["cutoff"].max(),
        "held_out": cutoffs.max(),
    }


def _select_buyers(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["orders"] > 0]


def _score_rows(scorer: Mapping[str, Any], rows: pd.DataFrame) -> FloatArray:
    records = rows[sorted(_list_features(scorer))].to_dict("records")
    return np.array([predict_probability(scorer, record) for record in records])  # type: ignore[arg-type]


def _list_features(scorer: Mapping[str, Any]) -> set[str]:
    return set(scorer["weights"] if scorer["kind"] == "linear" else scorer["features"])


def _to_probabilities(log_odds: FloatArray) -> FloatArray:
    probabilities: FloatArray = 1 / (1 + np.exp(-np.clip(log_odds, -700, None)))
    return probabilities
