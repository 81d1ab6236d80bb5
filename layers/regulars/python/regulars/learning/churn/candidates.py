"""Define the estimators that compete for churn, and export each one as plain numbers."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from regulars.learning.contract import FloatArray
from regulars.learning.log_scale import to_log_scale

_CLIP_QUANTILES = (0.005, 0.995)  # a linear model reads a more extreme value as the quantile


class ChurnCandidate(Protocol):
    """An estimator of log-odds from features."""

    kind: str

    def fit(self, rows: pd.DataFrame, outcomes: FloatArray, weights: FloatArray) -> Any:
        """Return a fitted scikit-learn estimator with `decision_function`."""
        ...

    def export(self, estimator: Any, features: Sequence[str], offset: float) -> dict[str, Any]:
        """Return the estimator, with `offset` added to its log-odds, as the plain numbers of a scorer."""
        ...


class LinearCandidate:
    """A logistic regression on logarithms, with a strong ridge because its features are highly correlated."""

    kind = "linear"

    def __init__(self, inverse_ridge: float = 0.003) -> None:
        self._inverse_ridge = inverse_ridge

    def fit(self, rows: pd.DataFrame, outcomes: FloatArray, weights: FloatArray) -> Pipeline:
        """Fit on log(1 + x), clipped to quantiles and standardized."""
        low, high = np.quantile(to_log_scale(rows), _CLIP_QUANTILES, axis=0)
        bounds = {"low": low, "high": high}
        steps = [
            ("log_scale", FunctionTransformer(to_log_scale, kw_args=bounds)),
            ("standardize", StandardScaler()),
            ("regression", LogisticRegression(C=self._inverse_ridge, max_iter=1000)),
        ]
        return Pipeline(steps).fit(rows, outcomes, regression__sample_weight=weights)

    def export(self, estimator: Pipeline, features: Sequence[str], offset: float) -> dict[str, Any]:
        """Return [weight, mean, low, high] of each feature on the log scale, and the log-odds of an average person."""
        scaler, regression = estimator["standardize"], estimator["regression"]
        weights = (regression.coef_[0] / scaler.scale_).tolist()
        bounds = estimator["log_scale"].kw_args
        return {
            "kind": self.kind,
            "base": float(regression.intercept_[0]) + offset,
            "weights": {
                name: numbers
                for name, *numbers in zip(
                    features,
                    weights,
                    scaler.mean_.tolist(),
                    bounds["low"].tolist(),
                    bounds["high"].tolist(),
                    strict=True,
                )
            },
        }


class BoostedTreesCandidate:
    """Histogram gradient boosting with shallow trees and a low learning rate, for what a linear model cannot express."""

    kind = "trees"

    def __init__(self, rounds: int = 100, max_leaves: int = 15, min_leaf_rows: int = 50) -> None:
        self._rounds = rounds
        self._max_leaves = max_leaves
        self._min_leaf_rows = min_leaf_rows

    def fit(
        self,
        rows: pd.DataFrame,
        outcomes: FloatArray,
        weights: FloatArray,  # noqa: ARG002
    ) -> HistGradientBoostingClassifier:
        """Fit on the features as they are.

        It uses one thread, because joblib's pool takes seconds to shut down, and no weights, because scikit-learn's
        weighted binning takes longer than the trees.
        """
        boosting = HistGradientBoostingClassifier(
            max_iter=self._rounds,
            learning_rate=0.05,
            max_leaf_nodes=self._max_leaves,
            min_samples_leaf=self._min_leaf_rows,
            l2_regularization=10.0,
            early_stopping=False,
            random_state=0,
        )
        with threadpool_limits(limits=1, user_api="openmp"):
            return boosting.fit(rows, outcomes)

    def export(
        self, estimator: HistGradientBoostingClassifier, features: Sequence[str], offset: float
    ) -> dict[str, Any]:
        """Return every tree as parallel lists, and the log-odds of an average person."""
        trees = [_export_tree(predictors[0].nodes) for predictors in estimator._predictors]  # noqa: SLF001
        baseline = float(np.ravel(estimator._baseline_prediction)[0])  # noqa: SLF001
        return {
            "kind": self.kind,
            "base": baseline + offset + sum(tree["value"][0] for tree in trees),
            "features": list(features),
            "trees": trees,
        }


def _export_tree(nodes: Any) -> dict[str, list[Any]]:
    """Return one tree; scikit-learn stores values of leaves only, so a split gets the weighted mean of its leaves."""
    values = nodes["value"].tolist()
    for node in reversed(range(len(nodes))):
        if not nodes["is_leaf"][node]:
            left, right = int(nodes["left"][node]), int(nodes["right"][node])
            row_counts = nodes["count"][[left, right]].astype(float)
            values[node] = float(np.average([values[left], values[right]], weights=row_counts))
    is_leaf = nodes["is_leaf"].astype(bool)
    return {
        "feature": np.where(is_leaf, -1, nodes["feature_idx"]).tolist(),
        "threshold": np.where(is_leaf, 0.0, nodes["num_threshold"]).tolist(),
        "left": nodes["left"].tolist(),
        "right": nodes["right"].tolist(),
        "value": values,
    }
