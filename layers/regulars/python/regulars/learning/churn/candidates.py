"""The candidates that compete for churn: a ridge logistic regression and boosted trees, each with its plain export."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from regulars.learning.contract import Floats
from regulars.learning.log_scale import logarithms

_USUAL = (0.005, 0.995)  # quantiles: beyond them a person counts as the most unusual of the usual


class Candidate(Protocol):
    """One way to learn log-odds from features."""

    kind: str

    def fit(self, rows: pd.DataFrame, outcomes: Floats, weights: Floats) -> Any:
        """A fitted scikit-learn estimator with `decision_function`."""
        ...

    def export(self, estimator: Any, features: Sequence[str], offset: float) -> dict[str, Any]:
        """The estimator, its log-odds moved by `offset`, as plain numbers for regulars.scoring."""
        ...


class Linear:
    """A logistic regression on logarithms, held back by a strong ridge: its features say much the same thing."""

    kind = "linear"

    def __init__(self, inverse_ridge: float = 0.003) -> None:
        self._inverse_ridge = inverse_ridge

    def fit(self, rows: pd.DataFrame, outcomes: Floats, weights: Floats) -> Pipeline:
        """Fit on log(1 + x), bounded by what is usual, and scaled."""
        regression = LogisticRegression(C=self._inverse_ridge, max_iter=1000)
        low, high = np.quantile(logarithms(rows), _USUAL, axis=0)
        bounds = {"low": low, "high": high}
        steps = [
            ("logarithms", FunctionTransformer(logarithms, kw_args=bounds)),
            ("scaled", StandardScaler()),
            ("regression", regression),
        ]
        return Pipeline(steps).fit(rows, outcomes, regression__sample_weight=weights)

    def export(self, estimator: Pipeline, features: Sequence[str], offset: float) -> dict[str, Any]:
        """Each feature's weight, typical (mean) logarithm and bounds; the base is a typical person's log-odds."""
        scaled, regression = estimator["scaled"], estimator["regression"]
        weights = (regression.coef_[0] / scaled.scale_).tolist()
        bounds = estimator["logarithms"].kw_args
        return {
            "kind": self.kind,
            "base": float(regression.intercept_[0]) + offset,
            "weights": {
                name: numbers
                for name, *numbers in zip(
                    features,
                    weights,
                    scaled.mean_.tolist(),
                    bounds["low"].tolist(),
                    bounds["high"].tolist(),
                    strict=True,
                )
            },
        }


class Trees:
    """Histogram gradient boosting, shallow and slow: it has to find what a line cannot say."""

    kind = "trees"

    def __init__(self, rounds: int = 100, leaves: int = 15, fewest: int = 50) -> None:
        self._rounds = rounds
        self._leaves = leaves
        self._fewest = fewest

    def fit(
        self,
        rows: pd.DataFrame,
        outcomes: Floats,
        weights: Floats,  # noqa: ARG002
    ) -> HistGradientBoostingClassifier:
        """Fit on the features as they are.

        On one thread, because joblib's pool takes seconds to go away; without the weights, because scikit-learn's
        weighted binning takes longer than the trees.
        """
        boosting = HistGradientBoostingClassifier(
            max_iter=self._rounds,
            learning_rate=0.05,
            max_leaf_nodes=self._leaves,
            min_samples_leaf=self._fewest,
            l2_regularization=10.0,
            early_stopping=False,
            random_state=0,
        )
        with threadpool_limits(limits=1, user_api="openmp"):
            return boosting.fit(rows, outcomes)

    def export(
        self, estimator: HistGradientBoostingClassifier, features: Sequence[str], offset: float
    ) -> dict[str, Any]:
        """Every tree as parallel lists; the base is the log-odds of a typical person."""
        trees = [_tree(predictors[0].nodes) for predictors in estimator._predictors]  # noqa: SLF001
        start = float(np.ravel(estimator._baseline_prediction)[0])  # noqa: SLF001
        return {
            "kind": self.kind,
            "base": start + offset + sum(tree["value"][0] for tree in trees),
            "features": list(features),
            "trees": trees,
        }


def _tree(nodes: Any) -> dict[str, list[Any]]:
    """One tree; scikit-learn keeps the values of leaves, so that of a split is the mean of its people's leaves."""
    values = nodes["value"].tolist()
    for node in reversed(range(len(nodes))):
        if not nodes["is_leaf"][node]:
            left, right = int(nodes["left"][node]), int(nodes["right"][node])
            people = nodes["count"][[left, right]].astype(float)
            values[node] = float(np.average([values[left], values[right]], weights=people))
    leaf = nodes["is_leaf"].astype(bool)
    return {
        "feature": np.where(leaf, -1, nodes["feature_idx"]).tolist(),
        "threshold": np.where(leaf, 0.0, nodes["num_threshold"]).tolist(),
        "left": nodes["left"].tolist(),
        "right": nodes["right"].tolist(),
        "value": values,
    }
