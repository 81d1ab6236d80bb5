"""Train the segments model: RFM cuts from the shop's own buyers, and K-means clusters that are distinct and stable."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from regulars.domain.errors import InsufficientDataError
from regulars.learning.contract import Dataset, FloatArray, ModelComparison, TrainedModel, Trainer
from regulars.learning.segments.cluster_ids import create_ids, match_ids
from regulars.learning.segments.clustering import (
    CLUSTER_FEATURES,
    MIN_BUYERS_FOR_CLUSTERS,
    CentroidClassifier,
    ClusteringTrial,
    fit_named_clusters,
    list_features,
    measure_silhouettes,
    order_stable_trials,
    predict_clusters,
    sample_buyers,
    try_cluster_counts,
)
from regulars.learning.segments.rfm_cuts import compute_rfm_cuts, count_rfm_segments
from regulars.learning.segments.scorer import is_current

# By how many standard errors new clusters must be more distinct than those of the champion: this is asked every night.
_MIN_GAIN_ERRORS = 3.0


def fit_rfm_rules(dataset: Dataset) -> dict[str, Any]:
    """Return a scorer with RFM cuts of the present buyers and no clusters, for a shop without a champion."""
    cuts = compute_rfm_cuts(_select_buyers(dataset), dataset.manifest.horizon_days)
    return {**cuts, "kmeans": None}


class SegmentsTrainer(Trainer):
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
        # One thread adds numbers in one order: the same buyers give the same clusters.
        with threadpool_limits(limits=1):
            trials = try_cluster_counts(buyers, self._max_clusters, self._seed)
            scorer["kmeans"] = self._fit_clusters(buyers, trials, scorer["rhythm_days"])
        if scorer["kmeans"]:
            scorer["kmeans"] = create_ids(scorer["kmeans"], dataset.manifest.dataset_id)
        metrics = {
            "n": len(buyers),
            "tried": [list(trial) for trial in trials],
            **_describe_clusters(scorer, buyers, _explain_missing_clusters(len(buyers), trials)),
            "rfm_sizes": count_rfm_segments(scorer, buyers),
        }
        return TrainedModel(
            estimator=_to_estimator(scorer),
            scorer=scorer,
            features=CLUSTER_FEATURES,
            metrics=metrics,
        )

    def predict(self, estimator: Any, dataset: Dataset) -> FloatArray:
        """Return the index of every present buyer's cluster; -1 without clusters."""
        buyers = _select_buyers(dataset)
        if estimator is None or buyers.empty:
            return np.full(len(buyers), -1.0)
        labels: FloatArray = estimator.predict(buyers)
        return labels

    def score(self, scorer: Mapping[str, Any], dataset: Dataset) -> FloatArray:
        """Return the plain scorer's clusters of the same buyers."""
        return predict_clusters(scorer, _select_buyers(dataset)).astype(np.float64)

    def follow_champion(
        self, trained: TrainedModel, champion: Mapping[str, Any], dataset: Dataset
    ) -> TrainedModel:
        """Return the model with everything of the champion that still holds: cuts, clusters and ids.

        RFM cuts and clusters are renewed independently of each other. Clusters are renewed only by stable ones that are
        clearly more distinct, and take over the ids of those that have the same people.
        """
        if not _can_score(champion, dataset):
            return trained
        buyers = _select_buyers(dataset)
        cuts = compute_rfm_cuts(buyers, dataset.manifest.horizon_days, champion)
        scorer = {**cuts, "kmeans": self._choose_clusters(trained.scorer, champion, buyers)}
        status = trained.metrics.get("kmeans_status", "")
        metrics = {
            "n": len(buyers),
            "tried": trained.metrics["tried"],
            **_describe_clusters(scorer, buyers, status),
            "rfm_sizes": count_rfm_segments(scorer, buyers),
        }
        return replace(trained, estimator=_to_estimator(scorer), scorer=scorer, metrics=metrics)

    def compare(
        self,
        trained: TrainedModel,
        champion: Mapping[str, Any] | None,
        dataset: Dataset,  # noqa: ARG002
    ) -> ModelComparison:
        """Say whether anything is new: what is has been compared with the champion's when the model followed it."""
        if champion is None:
            return ModelComparison()
        return ModelComparison(gain=float(trained.scorer != champion))

    def _fit_clusters(
        self, buyers: pd.DataFrame, trials: list[ClusteringTrial], rhythm_days: float
    ) -> dict[str, Any] | None:
        for trial in order_stable_trials(trials):
            clusters = fit_named_clusters(buyers, trial, rhythm_days, self._seed)
            if clusters:
                return clusters
        return None

    def _choose_clusters(
        self, challenger: Mapping[str, Any], champion: Mapping[str, Any], buyers: pd.DataFrame
    ) -> dict[str, Any] | None:
        new, old = challenger["kmeans"], champion["kmeans"]
        if not old:
            return dict(new) if new else None
        sample = sample_buyers(buyers, self._seed)
        old_silhouettes = measure_silhouettes(champion, sample)
        if not new:
            return dict(old) if old_silhouettes.mean() > 0 else None
        gains = measure_silhouettes(challenger, sample) - old_silhouettes
        error = float(gains.std() / np.sqrt(len(gains)))
        is_clearer = gains.mean() > _MIN_GAIN_ERRORS * error
        return match_ids(new, old, buyers) if is_clearer else dict(old)


def _to_estimator(scorer: Mapping[str, Any]) -> CentroidClassifier | None:
    return CentroidClassifier.from_scorer(scorer["kmeans"]) if scorer["kmeans"] else None


def _describe_clusters(
    scorer: Mapping[str, Any], buyers: pd.DataFrame, status: str
) -> dict[str, Any]:
    if not scorer["kmeans"]:
        return {"kmeans_status": status}
    silhouettes = measure_silhouettes(scorer, sample_buyers(buyers, 0))
    return {
        "clusters": len(scorer["kmeans"]["centroids"]),
        "silhouette": round(float(silhouettes.mean()), 4),
    }


def _explain_missing_clusters(buyers: int, trials: list[ClusteringTrial]) -> str:
    if buyers < MIN_BUYERS_FOR_CLUSTERS:
        return f"{buyers} of {MIN_BUYERS_FOR_CLUSTERS} buyers for clusters."
    if not trials:
        return "The buyers are too alike for clusters."
    if not order_stable_trials(trials):
        return "No clusters are stable: two halves of the buyers give other ones."
    return "Words cannot tell the stable clusters apart."


def _can_score(champion: Mapping[str, Any], dataset: Dataset) -> bool:
    return is_current(champion) and list_features(champion) <= set(dataset.manifest.features)


def _select_buyers(dataset: Dataset) -> pd.DataFrame:
    rows = dataset.scoring_rows
    return rows[rows["orders"] > 0].sort_values("profile_id")
