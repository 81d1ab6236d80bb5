"""A time-based hold-out for recommenders: what people bought next, and how much of it a ranking finds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from regulars.learning.recommender.hybrid_model import CHUNK
from regulars.learning.recommender.purchases import Floats, Purchases

TOP = 10
DEEPER = 20
MODES = ("new", "all")


@dataclass(frozen=True)
class HoldOut:
    """People who bought something in the window; one row each in every matrix, products as in the fit.

    `counts` are the decayed purchase counts before the window, `next_all` what was bought in it and `next_new` what
    of that was bought for the first time.
    """

    counts: sp.csr_matrix
    next_all: sp.csr_matrix
    next_new: sp.csr_matrix

    def relevant(self, mode: str) -> sp.csr_matrix:
        """What counts as found: `new` leaves out what was bought before, `all` keeps it."""
        return self.next_new if mode == "new" else self.next_all

    def sample(self, size: int) -> "HoldOut":
        """At most `size` people, evenly picked."""
        count = self.counts.shape[0]
        if count <= size:
            return self
        rows = np.linspace(0, count - 1, size).astype(int)
        return HoldOut(self.counts[rows], self.next_all[rows], self.next_new[rows])

    def chunks(self) -> Iterator["HoldOut"]:
        """The hold-out a few people at a time, so that memory stays bounded."""
        for start in range(0, self.counts.shape[0], CHUNK):
            rows = slice(start, start + CHUNK)
            yield HoldOut(self.counts[rows], self.next_all[rows], self.next_new[rows])


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


def hold_out(earlier: Purchases, later: Purchases, now: float, half_life_days: float) -> HoldOut:
    """What the people of `earlier` bought in `later` of the products that were known before."""
    counts = earlier.decayed(now, half_life_days)
    bought = later.among(earlier)
    rows = np.flatnonzero(np.diff(bought.indptr))
    counts, bought = counts[rows], bought[rows]
    unknown = sp.csr_matrix(bought - bought.multiply(counts.sign()))
    unknown.eliminate_zeros()
    return HoldOut(counts, bought, unknown)


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
