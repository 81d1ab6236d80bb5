"""Cluster buyers with K-means: try numbers of clusters, fit one, and measure how distinct clusters are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_samples
from sklearn.preprocessing import StandardScaler

from regulars.learning.contract import FloatArray
from regulars.learning.log_scale import to_log_scale
from regulars.learning.segments.cluster_names import measure_shop, name_clusters
from regulars.learning.segments.scorer import find_nearest_cluster

CLUSTER_FEATURES = ("recency_days", "orders", "money", "tenure_days")
MIN_BUYERS_FOR_CLUSTERS = 50
MIN_BUYERS_PER_CLUSTER = 10
_MAX_SAMPLE_BUYERS = 2000
_MIN_STABILITY = 0.75  # adjusted Rand index
_MIN_SILHOUETTE_SHARE = 0.75  # of the best silhouette, which two clusters often have

type ClusterLabels = NDArray[np.integer[Any]]


class ClusteringTrial(NamedTuple):
    """A number of clusters, their mean silhouette, and the agreement of clusterings of two halves of the buyers.

    The silhouette is that of Rousseeuw (1987); the agreement is the adjusted Rand index (Hubert and Arabie, 1985).
    """

    clusters: int
    silhouette: float
    stability: float


def try_cluster_counts(buyers: pd.DataFrame, max_clusters: int, seed: int) -> list[ClusteringTrial]:
    """Return a trial of each number of clusters from 2 on, on a sample of the buyers.

    A cluster needs ten buyers, and ten that differ in at least one feature.
    """
    if len(buyers) < MIN_BUYERS_FOR_CLUSTERS:
        return []
    sample = to_log_scale(sample_buyers(buyers, seed)[list(CLUSTER_FEATURES)])
    scaled = StandardScaler().fit_transform(sample)
    distinct_buyers = len(np.unique(sample, axis=0))
    highest_count = min(
        max_clusters,
        len(sample) // MIN_BUYERS_PER_CLUSTER,
        distinct_buyers // MIN_BUYERS_PER_CLUSTER,
    )
    return [_try_cluster_count(clusters, scaled, seed) for clusters in range(2, highest_count + 1)]


def order_stable_trials(trials: list[ClusteringTrial]) -> list[ClusteringTrial]:
    """Return the stable trials, the one to publish first.

    That is the most distinct one with three clusters or more, if it is nearly as distinct as two clusters, which often
    have the best silhouette, but only separate good buyers from bad ones.
    """
    stable = [trial for trial in trials if trial.stability >= _MIN_STABILITY]
    best = max((trial.silhouette for trial in stable), default=0.0)

    def rank_trial(trial: ClusteringTrial) -> tuple[bool, float]:
        is_distinct = trial.silhouette >= _MIN_SILHOUETTE_SHARE * best
        return trial.clusters > 2 and is_distinct, trial.silhouette  # noqa: PLR2004

    return sorted(stable, key=rank_trial, reverse=True)


def fit_named_clusters(
    buyers: pd.DataFrame, trial: ClusteringTrial, rhythm_days: float, seed: int
) -> dict[str, Any] | None:
    """Fit K-means on the standardized logarithms of all buyers' features; return it as plain numbers.

    Each centroid has a named segment without an id. Return None if words cannot tell the clusters apart.
    """
    values = buyers[list(CLUSTER_FEATURES)]
    scaler = StandardScaler().fit(to_log_scale(values))
    scaled = scaler.transform(to_log_scale(values))
    kmeans = KMeans(trial.clusters, n_init=4, random_state=seed).fit(scaled)
    members = [
        values[kmeans.labels_ == label].to_numpy(dtype=np.float64)
        for label in range(trial.clusters)
    ]
    shop = measure_shop(buyers, rhythm_days)
    segments = name_clusters(kmeans.cluster_centers_, members, shop)
    if segments is None:
        return None
    return {
        "features": list(CLUSTER_FEATURES),
        "means": scaler.mean_.tolist(),
        "scales": scaler.scale_.tolist(),
        "centroids": kmeans.cluster_centers_.tolist(),
        "segments": [list(segment) for segment in segments],
    }


@dataclass(frozen=True)
class CentroidClassifier:
    """The clusters of a scorer as numpy arrays; this is what the joblib artifact holds."""

    means: FloatArray
    scales: FloatArray
    centroids: FloatArray

    @classmethod
    def from_scorer(cls, kmeans: Mapping[str, Any]) -> "CentroidClassifier":
        """Build the classifier from plain numbers."""
        return cls(*(np.array(kmeans[name]) for name in ("means", "scales", "centroids")))

    def predict(self, buyers: pd.DataFrame) -> FloatArray:
        """Return the index of each buyer's nearest centroid."""
        scaled = (to_log_scale(buyers[list(CLUSTER_FEATURES)]) - self.means) / self.scales
        distances = ((scaled[:, None, :] - self.centroids) ** 2).sum(axis=2)
        labels: FloatArray = distances.argmin(axis=1).astype(np.float64)
        return labels


def predict_clusters(scorer: Mapping[str, Any], buyers: pd.DataFrame) -> ClusterLabels:
    """Return the index of each buyer's cluster by the plain scorer; -1 without clusters."""
    records = buyers[sorted(list_features(scorer))].to_dict("records")
    indexes = [find_nearest_cluster(scorer, record) for record in records]  # type: ignore[arg-type]
    return np.array([-1 if index is None else index for index in indexes], dtype=np.int64)


def list_features(scorer: Mapping[str, Any]) -> set[str]:
    """Return the features that a plain scorer reads to assign clusters."""
    return {"orders", *(scorer["kmeans"]["features"] if scorer["kmeans"] else ())}


def measure_silhouettes(scorer: Mapping[str, Any], buyers: pd.DataFrame) -> FloatArray:
    """Return the silhouette of each buyer; -1 for all without clusters."""
    labels = predict_clusters(scorer, buyers)
    scaled = StandardScaler().fit_transform(to_log_scale(buyers[list(CLUSTER_FEATURES)]))
    return _compute_silhouettes(scaled, labels)


def sample_buyers(buyers: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return a random sample of at most 2000 buyers."""
    return buyers.sample(min(_MAX_SAMPLE_BUYERS, len(buyers)), random_state=seed)


def _try_cluster_count(clusters: int, scaled: FloatArray, seed: int) -> ClusteringTrial:
    def fit_rows(rows: FloatArray) -> KMeans:
        return KMeans(clusters, n_init=2, random_state=seed).fit(rows)

    agreements = [
        adjusted_rand_score(*(fit_rows(scaled[half]).predict(scaled) for half in halves))
        for halves in _split_halves(len(scaled), seed)
    ]
    silhouette = float(_compute_silhouettes(scaled, fit_rows(scaled).labels_).mean())
    return ClusteringTrial(
        clusters=clusters,
        silhouette=round(silhouette, 4),
        stability=round(float(np.mean(agreements)), 4),
    )


def _split_halves(size: int, seed: int, times: int = 3) -> list[list[ClusterLabels]]:
    """Return random halves of the row numbers below `size`, several times."""
    generator = np.random.default_rng(seed)
    return [np.array_split(generator.permutation(size), 2) for _ in range(times)]


def _compute_silhouettes(scaled: FloatArray, labels: ClusterLabels) -> FloatArray:
    if len(np.unique(labels)) in (1, len(labels)):
        return np.full(len(labels), -1.0)
    silhouettes: FloatArray = silhouette_samples(scaled, labels)
    return silhouettes
