"""NDCG, recall and coverage of a ranking on a hold-out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regulars.learning.recommender.holdout import HoldOut
from regulars.learning.recommender.purchases import Floats

TOP = 10


DEEPER = 20


@dataclass(frozen=True)
class Quality:
    """Of each person with anything to find; `coverage` is the share of products in anybody's first ten."""

    ndcg: Floats
    recall10: Floats
    recall20: Floats
    recommended: NDArray[np.bool_]

    @property
    def coverage(self) -> float:
        """The share of the catalogue that is recommended to anybody."""
        return float(self.recommended.mean()) if len(self.recommended) else 0.0

    @property
    def ndcg10(self) -> float:
        """The mean over people."""
        return float(self.ndcg.mean()) if len(self.ndcg) else 0.0


def quality(totals: Floats, part: HoldOut, mode: str) -> Quality:
    """How well the ranking by `totals` (one row for all, or one a person) finds what was bought next."""
    relevant = part.relevant(mode)
    rows = np.flatnonzero(np.diff(relevant.indptr))
    scores = np.broadcast_to(totals, relevant.shape)[rows].copy()
    if mode == "new":
        scores[part.counts[rows].nonzero()] = -np.inf
    best = _best(scores, DEEPER)
    wanted = np.asarray(relevant[rows].todense())
    hits = np.take_along_axis(wanted, best, axis=1) * np.isfinite(
        np.take_along_axis(scores, best, axis=1)
    )
    sizes = wanted.sum(axis=1)
    recommended = np.zeros(relevant.shape[1], dtype=bool)
    recommended[best[:, :TOP]] = True
    return Quality(
        _ndcg(hits[:, :TOP], sizes),
        hits[:, :TOP].sum(axis=1) / sizes,
        hits.sum(axis=1) / sizes,
        recommended,
    )


def together(parts: list[Quality]) -> Quality:
    """The quality over all chunks."""
    return Quality(
        np.concatenate([part.ndcg for part in parts]),
        np.concatenate([part.recall10 for part in parts]),
        np.concatenate([part.recall20 for part in parts]),
        np.any([part.recommended for part in parts], axis=0),
    )


def paired(one: Quality, other: Quality) -> tuple[float, float]:
    """How much more of the same people's purchases one finds than the other, and the error of that difference."""
    gains = one.ndcg - other.ndcg
    if not len(gains):
        return 0.0, 0.0
    return float(gains.mean()), float(gains.std() / np.sqrt(len(gains)))


def _best(scores: Floats, count: int) -> NDArray[np.int64]:
    count = min(count, scores.shape[1])
    best = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    ranked: NDArray[np.int64] = np.take_along_axis(best, order, axis=1)
    return ranked


def _ndcg(hits: Floats, sizes: Floats) -> Floats:
    """Binary NDCG: the ideal ranking puts min(10, relevant) hits first."""
    discounts = 1.0 / np.log2(np.arange(2, hits.shape[1] + 2))
    ideal = np.cumsum(discounts)[np.minimum(sizes, hits.shape[1]).astype(int) - 1]
    found: Floats = hits @ discounts / ideal
    return found
