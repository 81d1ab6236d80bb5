"""Plain EASE with full lists: the collaborative baseline that a recommender must not be below."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import lapack
from threadpoolctl import threadpool_limits

from regulars.learning.contract import FloatArray
from regulars.learning.recommender.holdout import HoldOut
from regulars.learning.recommender.ranking_quality import (
    RankingQuality,
    measure_ranking,
    merge_qualities,
)
from regulars.learning.recommender.similarity import MAX_INVERTED_ROWS


@dataclass(frozen=True)
class PlainEase:
    """The item-to-item weights of EASE^R (Steck, WWW 2019, arXiv:1905.03375), without descriptions, habit or trend."""

    weights: NDArray[np.float32]

    def measure_quality(self, hold_out: HoldOut, mode: str) -> RankingQuality:
        """Measure the ranking by these weights."""
        return merge_qualities(
            [
                measure_ranking(self._score_products(chunk.counts), chunk, mode)
                for chunk in hold_out.iterate_chunks()
            ]
        )

    def _score_products(self, counts: sp.csr_matrix) -> FloatArray:
        return np.asarray(counts.sign() @ self.weights, dtype=np.float64)


def fit_plain_ease(purchases: sp.csr_matrix, ridge: float) -> PlainEase | None:
    """Fit on people by products, 1 where bought; return None when the pairs of products do not fit in memory.

    `ridge` is in buyers of the average product.
    """
    count = purchases.shape[1]
    if count > MAX_INVERTED_ROWS:
        return None
    gram = np.asarray((purchases.T @ purchases).todense(), dtype=np.float32, order="F")
    gram[np.diag_indices_from(gram)] += ridge * purchases.nnz / count
    # On shared cores several BLAS threads wait for each other: one is up to four times as fast.
    with threadpool_limits(limits=1, user_api="blas"):
        factor, _ = lapack.spotrf(gram, lower=1, overwrite_a=1)
        inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    weights = inverse / -np.diag(inverse)[None, :]
    np.fill_diagonal(weights, 0)
    return PlainEase(weights)
