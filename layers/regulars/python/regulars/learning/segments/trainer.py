"""Train the segments model: RFM cuts from the shop's own buyers, and K-means clusters that are distinct and stable."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from regulars.domain.errors import InsufficientDataError
from regulars.learning.contract import Dataset, FloatArray, ModelComparison, TrainedModel
from regulars.learning.segments.clustering import (
    CLUSTER_FEATURES,
    MIN_BUYERS_FOR_CLUSTERS,
    choose_trial,
    export_clusters,
    fit_clusters,
    list_features,
    measure_silhouettes,
    predict_clusters,
    sample_buyers,
    try_cluster_counts,
)
from regulars.learning.segments.rfm_cuts import compute_rfm_cuts, count_rfm_segments


def fit_rfm_rules(dataset: Dataset) -> dict[str, Any]:
    """Return a scorer with RFM cuts of the present buyers and no clusters, for a shop without a champion."""
    cuts = compute_rfm_cuts(_select_buyers(dataset), dataset.manifest.horizon_days)
    return {**cuts, "kmeans": None}


class SegmentsTrainer:
    """Train RFM cuts for any number of buyers, and clusters from 50 buyers on."""

    model = "segments"

    def __init__(self, max_clusters: int = 8, seed: int = 0) -> None:
        self._max_clusters = max_clusters
        self._seed = seed

    def fit(self, dataset: Dataset) -> TrainedModel:
        """Fit on the present buyers; raise InsufficientDataError when there is none."""
        buyers = _select_buyers(dataset)
        if buyers.empty:
            raise InsufficientDataError("0 of 1 buyer.")
        scorer = fit_rfm_rules(dataset)
        pipeline = None
        cluster_metrics: dict[str, Any] = {"kmeans_status": _explain_missing_clusters(len(buyers))}
        # One thread adds numbers in one order: the same buyers give the same clusters.
        with threadpool_limits(limits=1):
            trials = try_cluster_counts(buyers, self._max_clusters, self._seed)
            if trials:
                chosen = choose_trial(trials)
                pipeline = fit_clusters(buyers, chosen.clusters, self._seed)
                scorer["kmeans"] = export_clusters(pipeline)
                cluster_metrics = chosen._asdict() | {"tried": [list(trial) for trial in trials]}
        metrics = {
            "n": len(buyers),
            **cluster_metrics,
            "rfm_sizes": count_rfm_segments(scorer, buyers),
        }
        return TrainedModel(
            estimator=pipeline, scorer=scorer, features=CLUSTER_FEATURES, metrics=metrics
        )

    def predict(self, estimator: Any, dataset: Dataset) -> FloatArray:
        """Return the index of every present buyer's cluster; -1 without clusters."""
        buyers = _select_buyers(dataset)
        if estimator is None or buyers.empty:
            return np.full(len(buyers), -1.0)
        labels: FloatArray = estimator.predict(buyers[list(CLUSTER_FEATURES)]).astype(np.float64)
        return labels

    def score(self, scorer: Mapping[str, Any], dataset: Dataset) -> FloatArray:
        """Return the plain scorer's clusters of the same buyers."""
        return predict_clusters(scorer, _select_buyers(dataset)).astype(np.float64)

    def compare(
        self, trained: TrainedModel, champion: Mapping[str, Any] | None, dataset: Dataset
    ) -> ModelComparison:
        """Compare the silhouettes of the present buyers in the challenger's and in the champion's clusters."""
        if champion is None:
            return ModelComparison()
        if not list_features(champion) <= set(dataset.manifest.features):
            return ModelComparison(compatible=False)
        buyers = sample_buyers(_select_buyers(dataset), self._seed)
        gains = measure_silhouettes(trained.scorer, buyers) - measure_silhouettes(champion, buyers)
        standard_error = float(gains.std() / np.sqrt(len(gains)))
        return ModelComparison(gain=float(gains.mean()), standard_error=standard_error)

    def renew(
        self,
        trained: TrainedModel,
        champion: Mapping[str, Any],  # noqa: ARG002
        dataset: Dataset,  # noqa: ARG002
    ) -> TrainedModel:
        """Return the trained model: clusters have no recipe beyond the data."""
        return trained


def _explain_missing_clusters(buyers: int) -> str:
    if buyers < MIN_BUYERS_FOR_CLUSTERS:
        return f"{buyers} of {MIN_BUYERS_FOR_CLUSTERS} buyers for clusters."
    return "The buyers are too alike for clusters."


def _select_buyers(dataset: Dataset) -> pd.DataFrame:
    rows = dataset.scoring_rows
    return rows[rows["orders"] > 0].sort_values("profile_id")
