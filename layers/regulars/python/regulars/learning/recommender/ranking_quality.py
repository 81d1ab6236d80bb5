"""Measure a ranking on a hold-out: NDCG, recall and coverage."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regulars.learning.contract import FloatArray
from regulars.learning.recommender.holdout import HoldOut
from regulars.learning.recommender.purchases import IndexArray

TOP_PRODUCTS = 10
DEEP_PRODUCTS = 20


@dataclass(frozen=True, kw_only=True)
class RankingQuality:
    """NDCG@10, recall@10 and recall@20 of each person with a product to be found.

    `recommended` marks the products in the first ten of at least one person.
    """

    ndcg: FloatArray
    recall10: FloatArray
    recall20: FloatArray
    recommended: NDArray[np.bool_]

    @property
    def coverage(self) -> float:
        """Return the share of the catalogue that is recommended to at least one person."""
        return float(self.recommended.mean()) if len(self.recommended) else 0.0

    @property
    def ndcg10(self) -> float:
        """Return the mean NDCG@10 over people."""
        return float(self.ndcg.mean()) if len(self.ndcg) else 0.0


def measure_ranking(totals: FloatArray, hold_out: HoldOut, mode: str) -> RankingQuality:
    """Measure how well the ranking by `totals` (one row for all, or one a person) finds the next purchases."""
    relevant = hold_out.find_relevant_products(mode)
    rows = np.flatnonzero(np.diff(relevant.indptr))
    scores = np.broadcast_to(totals, relevant.shape)[rows].copy()
    if mode == "new":
        scores[hold_out.counts[rows].nonzero()] = -np.inf
    best = _rank_products(scores, DEEP_PRODUCTS)
    targets = np.asarray(relevant[rows].todense())
    hits = np.take_along_axis(targets, best, axis=1) * np.isfinite(
        np.take_along_axis(scores, best, axis=1)
    )
    target_counts = targets.sum(axis=1)
    recommended = np.zeros(relevant.shape[1], dtype=bool)
    recommended[best[:, :TOP_PRODUCTS]] = True
    return RankingQuality(
        ndcg=_compute_ndcg(hits[:, :TOP_PRODUCTS], target_counts),
        recall10=hits[:, :TOP_PRODUCTS].sum(axis=1) / target_counts,
        recall20=hits.sum(axis=1) / target_counts,
        recommended=recommended,
    )


def merge_qualities(qualities: list[RankingQuality]) -> RankingQuality:
    """Return the quality over the people of all parts of a hold-out."""
    return RankingQuality(
        ndcg=np.concatenate([quality.ndcg for quality in qualities]),
        recall10=np.concatenate([quality.recall10 for quality in qualities]),
        recall20=np.concatenate([quality.recall20 for quality in qualities]),
        recommended=np.any([quality.recommended for quality in qualities], axis=0),
    )


def compare_qualities(quality: RankingQuality, baseline: RankingQuality) -> tuple[float, float]:
    """Return the mean gain in NDCG@10 over a baseline on the same people, and its standard error."""
    gains = quality.ndcg - baseline.ndcg
    if not len(gains):
        return 0.0, 0.0
    return float(gains.mean()), float(gains.std() / np.sqrt(len(gains)))


def _rank_products(scores: FloatArray, count: int) -> IndexArray:
    """Return the `count` best products of each row, best first."""
    count = min(count, scores.shape[1])
    best = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    ranked: IndexArray = np.take_along_axis(best, order, axis=1)
    return ranked


def _compute_ndcg(hits: FloatArray, target_counts: FloatArray) -> FloatArray:
    """Return NDCG with binary relevance (Järvelin and Kekäläinen, 2002); the ideal ranking starts with all hits."""
    length = hits.shape[1]
    discounts = 1.0 / np.log2(np.arange(2, length + 2))
    ideal = np.cumsum(discounts)[np.minimum(target_counts, length).astype(int) - 1]
    ndcg: FloatArray = hits @ discounts / ideal
    return ndcg
