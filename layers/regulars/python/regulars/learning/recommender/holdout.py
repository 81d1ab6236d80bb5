"""Hold out a time window for recommenders: what people bought next."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from regulars.learning.recommender.hybrid_model import iterate_chunks
from regulars.learning.recommender.purchases import Purchases

HOLD_OUT_MODES = ("new", "all")


@dataclass(frozen=True)
class HoldOut:
    """People who bought in the window; every matrix has one row a person, and the products of the earlier purchases.

    `counts` are the decayed purchase counts before the window, `next_all` the purchases in it (0 or 1), and `next_new`
    those that are a person's first purchase of the product.
    """

    counts: sp.csr_matrix
    next_all: sp.csr_matrix
    next_new: sp.csr_matrix

    def find_relevant_products(self, mode: str) -> sp.csr_matrix:
        """Return the products to be found: without earlier purchases in mode `new`, with them in mode `all`."""
        return self.next_new if mode == "new" else self.next_all

    def sample_people(self, size: int) -> "HoldOut":
        """Return at most `size` people, evenly spaced."""
        count = self.counts.shape[0]
        if count <= size:
            return self
        rows = np.linspace(0, count - 1, size).astype(int)
        return HoldOut(self.counts[rows], self.next_all[rows], self.next_new[rows])

    def iterate_chunks(self) -> Iterator["HoldOut"]:
        """Yield a few people at a time, so that memory stays bounded."""
        for rows in iterate_chunks(self.counts.shape):
            yield HoldOut(self.counts[rows], self.next_all[rows], self.next_new[rows])


def build_hold_out(
    earlier: Purchases, later: Purchases, now: float, half_life_days: float
) -> HoldOut:
    """Return what the people of `earlier` bought in `later`, of the products that were sold before."""
    counts = earlier.compute_decayed_counts(now, half_life_days)
    next_all = later.align_with(earlier)
    rows = np.flatnonzero(np.diff(next_all.indptr))
    counts, next_all = counts[rows], next_all[rows]
    next_new = sp.csr_matrix(next_all - next_all.multiply(counts.sign()))
    next_new.eliminate_zeros()
    return HoldOut(counts, next_all, next_new)
