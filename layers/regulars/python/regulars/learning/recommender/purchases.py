"""Hold a shop's purchases as arrays of person, product and time; a product counts once per order."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from regulars.learning.contract import FloatArray

DAY_SECONDS = 86_400.0
MIN_HABIT_DAYS = 3
MAX_HABIT_GAPS = 2.0

type IdArray = NDArray[np.object_]
type IndexArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Purchases:
    """Parallel arrays: `person_index` and `product_index` point into the sorted `people` and `products`.

    `times` are epoch seconds. The quantity of a product in an order and its price have no effect.
    """

    people: IdArray
    products: IdArray
    person_index: IndexArray
    product_index: IndexArray
    times: FloatArray

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of people and the number of products."""
        return len(self.people), len(self.products)

    @property
    def pair_index(self) -> IndexArray:
        """Return a number for each pair of person and product, sorted as the entries of the matrices."""
        return self.person_index * len(self.products) + self.product_index

    @property
    def span_days(self) -> float:
        """Return the days from the first purchase to the last."""
        return float(np.ptp(self.times)) / DAY_SECONDS if len(self.times) else 0.0

    def build_binary_matrix(self) -> sp.csr_matrix:
        """Return people by products: 1 where bought."""
        matrix = self.compute_decayed_counts(0.0, np.inf)
        matrix.data[:] = 1.0
        return matrix

    def compute_decayed_counts(self, now: float, half_life_days: float) -> sp.csr_matrix:
        """Return people by products: the number of orders, where an order counts half after `half_life_days`."""
        weights = np.power(0.5, np.maximum(now - self.times, 0.0) / DAY_SECONDS / half_life_days)
        return sp.csr_matrix((weights, (self.person_index, self.product_index)), shape=self.shape)

    def find_latest_times(self) -> sp.csr_matrix:
        """Return people by products: the time of the last purchase in epoch seconds."""
        pairs = self.pair_index
        order = np.argsort(self.times, kind="stable")[::-1]
        latest_pairs, first_positions = np.unique(pairs[order], return_index=True)
        times = self.times[order][first_positions]
        person_index, product_index = np.divmod(latest_pairs, max(len(self.products), 1))
        return sp.csr_matrix((times, (person_index, product_index)), shape=self.shape)

    def find_habits(self, now: float) -> sp.csr_matrix:
        """Return people by products bought: 1 for a habit, 0 for another purchase.

        A habit is a product that was bought on three days or more, the last time no longer ago than twice the mean
        gap between these days.
        """
        days = np.floor(self.times / DAY_SECONDS)
        lines = pd.DataFrame({"pair": self.pair_index, "day": days}).drop_duplicates()
        spans = lines.groupby("pair")["day"].agg(["size", "min", "max"])
        gaps = (spans["max"] - spans["min"]) / (spans["size"] - 1).clip(lower=1)
        is_habit = spans["size"] >= MIN_HABIT_DAYS
        is_habit &= np.floor(now / DAY_SECONDS) - spans["max"] <= MAX_HABIT_GAPS * gaps
        pairs = np.divmod(spans.index.to_numpy(), max(len(self.products), 1))
        return sp.csr_matrix((is_habit.to_numpy(np.float64), pairs), shape=self.shape)

    def count_buyers(self, since: float = -np.inf) -> FloatArray:
        """Return the number of people who bought each product since a time."""
        is_later = self.times >= since
        pairs = np.unique(self.pair_index[is_later])
        return np.bincount(pairs % len(self.products), minlength=len(self.products)).astype(float)

    def select_between(self, start: float, end: float) -> "Purchases":
        """Return the purchases of start ≤ time < end, with their people and products only."""
        is_within = (self.times >= start) & (self.times < end)
        people, person_index = np.unique(self.person_index[is_within], return_inverse=True)
        products, product_index = np.unique(self.product_index[is_within], return_inverse=True)
        return Purchases(
            people=self.people[people],
            products=self.products[products],
            person_index=person_index,
            product_index=product_index,
            times=self.times[is_within],
        )

    def align_with(self, reference: "Purchases") -> sp.csr_matrix:
        """Return these purchases, 1 where bought, in the rows and columns of a reference; others are left out."""
        aligned = self.with_products(reference.products)
        person_index = _find_positions(self.people, reference.people)[aligned.person_index]
        is_known = person_index >= 0
        matrix = sp.csr_matrix(
            (
                np.ones(int(is_known.sum())),
                (person_index[is_known], aligned.product_index[is_known]),
            ),
            shape=reference.shape,
        )
        matrix.data[:] = 1.0
        return matrix

    def with_products(self, products: IdArray) -> "Purchases":
        """Return the purchases of these products, in their order; all people remain, some with no purchase."""
        product_index = _find_positions(self.products, products)[self.product_index]
        is_known = product_index >= 0
        return Purchases(
            people=self.people,
            products=products,
            person_index=self.person_index[is_known],
            product_index=product_index[is_known],
            times=self.times[is_known],
        )

    def sample_people(self, count: int) -> "Purchases":
        """Return the purchases of at most `count` people, evenly spaced."""
        sample = np.unique(np.linspace(0, len(self.people) - 1, count).astype(int))
        positions = np.full(len(self.people), -1)
        positions[sample] = np.arange(len(sample))
        person_index = positions[self.person_index]
        is_sampled = person_index >= 0
        return Purchases(
            people=self.people[sample],
            products=self.products,
            person_index=person_index[is_sampled],
            product_index=self.product_index[is_sampled],
            times=self.times[is_sampled],
        )


def purchases_from_interactions(interactions: pd.DataFrame) -> Purchases:
    """Return the purchases in a dataset's interactions; the order of the rows has no effect."""
    person_index, people = _encode_ids(interactions["profile_id"])
    product_index, products = _encode_ids(interactions["product_id"])
    order_index, _ = _encode_ids(interactions["order_key"])
    lines = pd.DataFrame(
        {
            "person": person_index,
            "product": product_index,
            "order": order_index,
            "time": interactions["occurred_at"],
        }
    )
    unique_lines = lines.groupby(["person", "product", "order"], as_index=False)["time"].min()
    return Purchases(
        people=people,
        products=products,
        person_index=unique_lines["person"].to_numpy(np.int64),
        product_index=unique_lines["product"].to_numpy(np.int64),
        times=unique_lines["time"].to_numpy(np.float64),
    )


def _encode_ids(ids: "pd.Series[Any]") -> tuple[IndexArray, IdArray]:
    """Return the index of each id, and the sorted distinct ids that it points into."""
    index, distinct_ids = pd.factorize(ids.astype(object), sort=True)
    return index, np.asarray(distinct_ids, dtype=object)


def _find_positions(ids: IdArray, known_ids: IdArray) -> IndexArray:
    """Return the position of each id in `known_ids`; -1 when it is missing."""
    return pd.Index(known_ids).get_indexer(pd.Index(ids)).astype(np.int64)
