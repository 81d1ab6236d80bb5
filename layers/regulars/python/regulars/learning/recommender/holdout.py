"""A time-based hold-out for recommenders: what people bought next, and how much of it a ranking finds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from regulars.learning.recommender.hybrid_model import CHUNK
from regulars.learning.recommender.purchases import Purchases

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


def hold_out(earlier: Purchases, later: Purchases, now: float, half_life_days: float) -> HoldOut:
    """What the people of `earlier` bought in `later` of the products that were known before."""
    counts = earlier.decayed(now, half_life_days)
    bought = later.among(earlier)
    rows = np.flatnonzero(np.diff(bought.indptr))
    counts, bought = counts[rows], bought[rows]
    unknown = sp.csr_matrix(bought - bought.multiply(counts.sign()))
    unknown.eliminate_zeros()
    return HoldOut(counts, bought, unknown)
