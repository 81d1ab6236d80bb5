"""Churn: the chance that a buyer buys nothing within the horizon, learnt from past cut-offs, tested on the newest one."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from regulars.domain.errors import InsufficientDataError
from regulars.learning.churn.candidates import Candidate, Linear, Trees
from regulars.learning.churn.scorer import probability
from regulars.learning.contract import Comparison, Dataset, Floats, Trained
from regulars.learning.evaluation import Evaluation

FEWEST_REPEAT_BUYERS = 50
FEWEST_OF_A_KIND = 20  # buyers who stayed away, and who came back, to learn from and to test on
MOST_ROWS = 200_000
_RULE = ("recency_days",)


class Split(NamedTuple):
    """Rows to learn from, whose horizon ended before the held-out cut-off, and the newest labelled rows."""

    learnt: pd.DataFrame
    held_out: pd.DataFrame
    labelled: pd.DataFrame


class ChurnTrainer:
    """Candidates compete, simplest first; a later one wins only beyond the standard error of its gain."""

    model = "churn"

    def __init__(self, candidates: Sequence[Candidate] = (Linear(), Trees())) -> None:
        self._candidates = candidates

    def fit(self, dataset: Dataset) -> Trained:
        """Choose on the held-out cut-off, then fit again on all that is labelled."""
        split = _split(dataset)
        features, horizon = dataset.manifest.features, dataset.manifest.horizon_days
        tried = {
            candidate.kind: _evaluated(candidate, split, features, horizon)
            for candidate in self._candidates
        }
        chosen = _simplest_within_error(self._candidates, tried)
        estimator = chosen.fit(*_learnable(split.labelled, features, horizon))
        offset = _level(estimator, split.labelled, features)
        scorer = chosen.export(estimator, features, offset)
        scorer |= {"typical": float(split.held_out["churned"].mean()), "horizon_days": horizon}
        rule = _evaluated(Linear(1.0), split, _RULE, horizon)
        return Trained(
            estimator={"estimator": estimator, "offset": offset, "features": features},
            scorer=scorer,
            features=features,
            window=_window(split),
            metrics=_metrics(chosen.kind, tried, rule),
            evaluation=(tried[chosen.kind], rule, split.held_out),
        )

    def predict(self, estimator: Any, dataset: Dataset) -> Floats:
        """The probability of every present buyer."""
        rows = _buyers(dataset.present)[list(estimator["features"])]
        if rows.empty:
            return np.zeros(0)
        log_odds = estimator["estimator"].decision_function(rows) + estimator["offset"]
        return _logistic(log_odds)

    def score(self, scorer: Mapping[str, Any], dataset: Dataset) -> Floats:
        """The same from the plain scorer."""
        return _scored(scorer, _buyers(dataset.present))

    def compare(
        self, trained: Trained, champion: Mapping[str, Any] | None, dataset: Dataset
    ) -> Comparison:
        """Beside the champion, or beside recency alone, on the held-out cut-off.

        A champion may have learnt from these very outcomes, the challenger's hold-out fit has not: the champion
        is favoured a little.
        """
        challenger, rule, held_out = trained.evaluation
        other = rule
        if champion is not None:
            if not _reads(champion) <= set(dataset.manifest.features):
                return Comparison(compatible=False)
            other = Evaluation(challenger.outcomes, _scored(champion, held_out))
        gain = challenger.beats(other)
        (own, error), (others, _) = challenger.calibration(), other.calibration()
        return Comparison(gain.gain, gain.error, calibration_worse=own > others + 2 * error)


def _split(dataset: Dataset) -> Split:
    repeat = dataset.manifest.counts["repeat_buyers"]
    if repeat < FEWEST_REPEAT_BUYERS:
        raise InsufficientDataError(f"{repeat} of {FEWEST_REPEAT_BUYERS} repeat buyers.")
    horizon = dataset.manifest.horizon_days
    labelled = dataset.past.sort_values(["cutoff", "profile_id"])
    labelled = labelled.assign(churned=labelled["churned"].astype(float))
    at = pd.to_datetime(labelled["cutoff"])
    learnt = labelled[at <= at.max() - pd.Timedelta(days=horizon)]
    if learnt.empty:
        known = int(max(dataset.present["tenure_days"], default=0))
        raise InsufficientDataError(f"{known} of {2 * horizon + 44} days of history.")
    held_out = labelled[at == at.max()]
    for rows in (learnt, held_out):
        _check_both_kinds(rows)
    return Split(learnt, held_out, labelled)


def _check_both_kinds(rows: pd.DataFrame) -> None:
    for kind, words in ((1.0, "stayed away"), (0.0, "came back")):
        people = rows.loc[rows["churned"] == kind, "profile_id"].nunique()
        if people < FEWEST_OF_A_KIND:
            raise InsufficientDataError(f"{people} of {FEWEST_OF_A_KIND} buyers who {words}.")


def _evaluated(
    candidate: Candidate, split: Split, features: Sequence[str], horizon: int
) -> Evaluation:
    estimator = candidate.fit(*_learnable(split.learnt, features, horizon))
    offset = _level(estimator, split.learnt, features)
    log_odds = estimator.decision_function(split.held_out[list(features)]) + offset
    return Evaluation(split.held_out["churned"].to_numpy(dtype=np.float64), _logistic(log_odds))


def _learnable(
    rows: pd.DataFrame, features: Sequence[str], horizon: int
) -> tuple[pd.DataFrame, Floats, Floats]:
    """Features, outcomes and weights: a cut-off one horizon older counts half, for shops change."""
    if len(rows) > MOST_ROWS:
        rows = rows.sample(MOST_ROWS, random_state=0)
    at = pd.to_datetime(rows["cutoff"])
    age = (at.max() - at) / pd.Timedelta(days=horizon)
    weights: Floats = np.power(0.5, age.to_numpy(dtype=np.float64))
    outcomes: Floats = rows["churned"].to_numpy(dtype=np.float64)
    return rows[list(features)], outcomes, weights


def _level(estimator: Any, rows: pd.DataFrame, features: Sequence[str]) -> float:
    """The shift of the log-odds by which the mean probability at the newest cut-off is what then happened.

    Which people stay away is learnt from all cut-offs; how many do changes with the season, and the newest outcomes
    tell most about it.
    """
    newest = rows[rows["cutoff"] == rows["cutoff"].max()]
    log_odds = estimator.decision_function(newest[list(features)])
    rate = (newest["churned"].sum() + 0.5) / (len(newest) + 1)
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _logistic(log_odds + middle).mean() < rate else (low, middle)
    return (low + high) / 2


def _simplest_within_error(
    candidates: Sequence[Candidate], tried: Mapping[str, Evaluation]
) -> Candidate:
    chosen = candidates[0]
    for candidate in candidates[1:]:
        gain = tried[candidate.kind].beats(tried[chosen.kind])
        chosen = candidate if gain.gain > gain.error else chosen
    return chosen


def _metrics(chosen: str, tried: Mapping[str, Evaluation], rule: Evaluation) -> dict[str, Any]:
    outcomes = rule.outcomes
    candidates = {kind: evaluation.metrics() for kind, evaluation in tried.items()}
    return {
        **candidates[chosen],
        "n": len(outcomes),
        "churn_rate": round(float(outcomes.mean()), 4),
        "chosen": chosen,
        "candidates": candidates,
        "recency_rule": rule.metrics(),
    }


def _window(split: Split) -> dict[str, str]:
    cutoffs = split.labelled["cutoff"]
    return {
        "first_cutoff": cutoffs.min(),
        "learnt_until": split.learnt["cutoff"].max(),
        "held_out": cutoffs.max(),
    }


def _buyers(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["orders"] > 0]


def _scored(scorer: Mapping[str, Any], rows: pd.DataFrame) -> Floats:
    names = sorted(_reads(scorer))
    records = rows[names].to_dict("records")
    return np.array([probability(scorer, record) for record in records])  # type: ignore[arg-type]


def _reads(scorer: Mapping[str, Any]) -> set[str]:
    return set(scorer["weights"] if scorer["kind"] == "linear" else scorer["features"])


def _logistic(log_odds: Floats) -> Floats:
    probabilities: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -700, None)))
    return probabilities
