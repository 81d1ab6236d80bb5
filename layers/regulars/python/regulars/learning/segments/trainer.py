"""Segments: RFM cut-offs from the shop's own buyers, and K-means with as many groups as are distinct and stable."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_samples
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from regulars.domain.errors import InsufficientDataError
from regulars.learning.contract import Comparison, Dataset, Floats, Trained
from regulars.learning.log_scale import logarithms
from regulars.learning.segments.cluster_names import named
from regulars.learning.segments.scorer import cluster, rfm, rfm_segment

FEATURES = ("recency_days", "orders", "money", "tenure_days")
FEWEST_FOR_QUANTILES = 25  # buyers; below, cut-offs come from the horizon and the middle buyer
FEWEST_FOR_CLUSTERS = 50
_SAMPLE = 2000
_STABLE = 0.75  # adjusted Rand index between clusterings of halves of the buyers
_NEARLY = 0.75  # of the silhouette of two groups, which only tell good from bad

type Labels = NDArray[np.integer[Any]]


class Tried(NamedTuple):
    """A number of clusters, how distinct they are, and how well two halves of the buyers agree on them."""

    clusters: int
    silhouette: float
    stability: float


def rules(dataset: Dataset) -> dict[str, Any]:
    """A scorer by the present buyers alone, for a shop without a published one: RFM and no clusters."""
    return {**_cuts(_buyers(dataset), dataset.manifest.horizon_days), "kmeans": None}


class SegmentsTrainer:
    """RFM for any number of buyers; clusters from 50 buyers on."""

    model = "segments"

    def __init__(self, most_clusters: int = 8, seed: int = 0) -> None:
        self._most_clusters = most_clusters
        self._seed = seed

    def fit(self, dataset: Dataset) -> Trained:
        """Learn from the present buyers; InsufficientDataError when there is none."""
        buyers = _buyers(dataset)
        if buyers.empty:
            raise InsufficientDataError("0 of 1 buyer.")
        scorer = rules(dataset)
        metrics: dict[str, Any] = {"n": len(buyers)}
        pipeline = None
        with threadpool_limits(limits=1):  # sums in one order: the same buyers give the same groups
            tried = self._tried(buyers)
            if tried:
                pipeline = self._pipeline(_chosen(tried).clusters, buyers)
                scorer["kmeans"] = _exported(pipeline)
                metrics |= _chosen(tried)._asdict() | {"tried": [list(row) for row in tried]}
            else:
                metrics["kmeans_status"] = _missing(len(buyers))
        metrics["rfm_sizes"] = _rfm_sizes(scorer, buyers)
        return Trained(pipeline, scorer, FEATURES, metrics=metrics)

    def predict(self, estimator: Any, dataset: Dataset) -> Floats:
        """The cluster of every present buyer, -1 without clusters."""
        buyers = _buyers(dataset)
        if estimator is None or buyers.empty:
            return np.full(len(buyers), -1.0)
        labels: Floats = estimator.predict(buyers[list(FEATURES)]).astype(np.float64)
        return labels

    def score(self, scorer: Mapping[str, Any], dataset: Dataset) -> Floats:
        """The same from the plain scorer."""
        return _labels(scorer, _buyers(dataset)).astype(np.float64)

    def compare(
        self, trained: Trained, champion: Mapping[str, Any] | None, dataset: Dataset
    ) -> Comparison:
        """How much more distinct the challenger's clusters are than the champion's among today's buyers."""
        if champion is None:
            return Comparison()
        if not _reads(champion) <= set(dataset.manifest.features):
            return Comparison(compatible=False)
        buyers = _sample(_buyers(dataset), self._seed)
        own, other = _distinctness(trained.scorer, buyers), _distinctness(champion, buyers)
        difference = own - other
        return Comparison(
            float(difference.mean()), float(difference.std() / np.sqrt(len(difference)))
        )

    def _pipeline(self, clusters: int, buyers: pd.DataFrame) -> Pipeline:
        steps = [
            ("logarithms", FunctionTransformer(logarithms)),
            ("scaled", StandardScaler()),
            ("kmeans", KMeans(clusters, n_init=4, random_state=self._seed)),
        ]
        return Pipeline(steps).fit(buyers[list(FEATURES)])

    def _tried(self, buyers: pd.DataFrame) -> list[Tried]:
        """Every number of clusters from 2 on, on a sample: ten buyers for each, and no two alike in everything."""
        if len(buyers) < FEWEST_FOR_CLUSTERS:
            return []
        sample = logarithms(_sample(buyers, self._seed)[list(FEATURES)])
        scaled = StandardScaler().fit_transform(sample)
        distinct = len(np.unique(sample, axis=0))
        most = min(self._most_clusters, len(sample) // 10, distinct // 10)
        return [self._try(clusters, scaled) for clusters in range(2, most + 1)]

    def _try(self, clusters: int, scaled: Floats) -> Tried:
        def fitted(rows: Floats) -> KMeans:
            return KMeans(clusters, n_init=2, random_state=self._seed).fit(rows)

        agreements = [
            adjusted_rand_score(*(fitted(scaled[half]).predict(scaled) for half in halves))
            for halves in _halves(len(scaled), self._seed)
        ]
        whole = fitted(scaled).labels_
        silhouette = float(_silhouettes(scaled, whole).mean())
        return Tried(clusters, round(silhouette, 4), round(float(np.mean(agreements)), 4))


def _missing(buyers: int) -> str:
    if buyers < FEWEST_FOR_CLUSTERS:
        return f"{buyers} of {FEWEST_FOR_CLUSTERS} buyers for clusters."
    return "The buyers are too alike for clusters."


def _halves(size: int, seed: int, times: int = 3) -> list[list[Labels]]:
    drawn = np.random.default_rng(seed)
    return [np.array_split(drawn.permutation(size), 2) for _ in range(times)]


def _chosen(tried: list[Tried]) -> Tried:
    """The most distinct of the stable numbers from 3 on, if it is nearly as distinct as two groups."""
    stable = [row for row in tried if row.stability >= _STABLE]
    best = max(stable or tried, key=lambda row: row.silhouette)
    several = max(stable, key=lambda row: (row.clusters > 2, row.silhouette), default=best)  # noqa: PLR2004
    return several if several.silhouette >= _NEARLY * best.silhouette else best


def _cuts(buyers: pd.DataFrame, horizon_days: int) -> dict[str, list[float]]:
    """Four ascending cuts for each score: quintiles, or rules of thumb while buyers are few."""
    if len(buyers) < FEWEST_FOR_QUANTILES:
        middle = float(buyers["money"].median())
        return {
            "recency_cuts": [share * horizon_days for share in (0.25, 0.5, 1.0, 2.0)],
            "frequency_cuts": [1.0, 2.0, 4.0, 8.0],
            "monetary_cuts": [share * middle for share in (0.25, 0.75, 1.5, 3.0)],
        }
    named_ = {"recency": "recency_days", "frequency": "orders", "monetary": "money"}
    return {
        f"{score}_cuts": np.quantile(buyers[column], (0.2, 0.4, 0.6, 0.8)).tolist()
        for score, column in named_.items()
    }


def _exported(pipeline: Pipeline) -> dict[str, Any]:
    scaled, centroids = pipeline["scaled"], pipeline["kmeans"].cluster_centers_
    return {
        "features": list(FEATURES),
        "means": scaled.mean_.tolist(),
        "scales": scaled.scale_.tolist(),
        "centroids": centroids.tolist(),
        "segments": [list(segment) for segment in named(centroids)],
    }


def _rfm_sizes(scorer: Mapping[str, Any], buyers: pd.DataFrame) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for features in buyers[["recency_days", "orders", "money"]].to_dict("records"):
        scores = rfm(scorer, features)  # type: ignore[arg-type]
        name = rfm_segment(scores, features["orders"]) if scores else ""
        sizes[name] = sizes.get(name, 0) + 1
    return dict(sorted(sizes.items()))


def _distinctness(scorer: Mapping[str, Any], buyers: pd.DataFrame) -> Floats:
    """Each buyer's silhouette; -1 for all without clusters."""
    labels = _labels(scorer, buyers)
    scaled = StandardScaler().fit_transform(logarithms(buyers[list(FEATURES)]))
    return _silhouettes(scaled, labels)


def _silhouettes(scaled: Floats, labels: Labels) -> Floats:
    if len(np.unique(labels)) in (1, len(labels)):
        return np.full(len(labels), -1.0)
    silhouettes: Floats = silhouette_samples(scaled, labels)
    return silhouettes


def _labels(scorer: Mapping[str, Any], buyers: pd.DataFrame) -> Labels:
    records = buyers[sorted(_reads(scorer))].to_dict("records")
    numbers = [cluster(scorer, record) for record in records]  # type: ignore[arg-type]
    return np.array([-1 if number is None else number for number in numbers], dtype=np.int64)


def _reads(scorer: Mapping[str, Any]) -> set[str]:
    return {"orders", *(scorer["kmeans"]["features"] if scorer["kmeans"] else ())}


def _buyers(dataset: Dataset) -> pd.DataFrame:
    present = dataset.present
    return present[present["orders"] > 0].sort_values("profile_id")


def _sample(buyers: pd.DataFrame, seed: int) -> pd.DataFrame:
    return buyers.sample(min(_SAMPLE, len(buyers)), random_state=seed)
