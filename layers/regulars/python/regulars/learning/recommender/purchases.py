"""Who bought what, when: a shop's purchases as arrays, each product once an order."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

DAY = 86_400.0

type Labels = NDArray[np.object_]
type Codes = NDArray[np.int64]
type Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Purchases:
    """Parallel arrays: `person` and `product` index the sorted `people` and `products`; `at` is epoch seconds.

    How much of a product an order holds, and what it cost, plays no part.
    """

    people: Labels
    products: Labels
    person: Codes
    product: Codes
    at: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """How many people and how many products."""
        return len(self.people), len(self.products)

    @property
    def span_days(self) -> float:
        """From the first purchase to the last."""
        return float(np.ptp(self.at)) / DAY if len(self.at) else 0.0

    def matrix(self) -> sp.csr_matrix:
        """People by products: 1 where bought."""
        matrix = self.decayed(0.0, np.inf)
        matrix.data[:] = 1.0
        return matrix

    def decayed(self, now: float, half_life_days: float) -> sp.csr_matrix:
        """People by products: in how many orders, each halved every `half_life_days`."""
        weights = np.power(0.5, np.maximum(now - self.at, 0.0) / DAY / half_life_days)
        return sp.csr_matrix((weights, (self.person, self.product)), shape=self.shape)

    def latest(self) -> sp.csr_matrix:
        """People by products: when it was last bought, in epoch seconds."""
        pairs = self.person * len(self.products) + self.product
        order = np.argsort(self.at, kind="stable")
        known, last = np.unique(pairs[order][::-1], return_index=True)
        at = self.at[order][::-1][last]
        person, product = np.divmod(known, max(len(self.products), 1))
        return sp.csr_matrix((at, (person, product)), shape=self.shape)

    def buyers(self, since: float = -np.inf) -> Floats:
        """Of each product: how many people bought it since."""
        late = self.at >= since
        pairs = np.unique(self.person[late] * len(self.products) + self.product[late])
        return np.bincount(pairs % len(self.products), minlength=len(self.products)).astype(float)

    def between(self, start: float, end: float) -> "Purchases":
        """The purchases of start ≤ at < end; only their people and products are known in it."""
        kept = (self.at >= start) & (self.at < end)
        people, person = np.unique(self.person[kept], return_inverse=True)
        products, product = np.unique(self.product[kept], return_inverse=True)
        return Purchases(
            self.people[people], self.products[products], person, product, self.at[kept]
        )

    def among(self, other: "Purchases") -> sp.csr_matrix:
        """The same purchases, 1 where bought, in the rows and columns of another's that knows them."""
        onto = self.onto(other.products)
        person = _places(self.people, other.people)[onto.person]
        matrix = sp.csr_matrix(
            (np.ones(int((person >= 0).sum())), (person[person >= 0], onto.product[person >= 0])),
            shape=other.shape,
        )
        matrix.data[:] = 1.0
        return matrix

    def onto(self, products: Labels) -> "Purchases":
        """The purchases of these products, in their order; the people stay, some perhaps with none left."""
        product = _places(self.products, products)[self.product]
        known = product >= 0
        return Purchases(self.people, products, self.person[known], product[known], self.at[known])

    def some(self, count: int) -> "Purchases":
        """The purchases of at most `count` people, evenly picked."""
        picked = np.unique(np.linspace(0, len(self.people) - 1, count).astype(int))
        place = np.full(len(self.people), -1)
        place[picked] = np.arange(len(picked))
        person = place[self.person]
        kept = person >= 0
        return Purchases(
            self.people[picked], self.products, person[kept], self.product[kept], self.at[kept]
        )


def purchases(interactions: pd.DataFrame) -> Purchases:
    """The purchases in a dataset's interactions, in whatever order its rows are."""
    person, people = _coded(interactions["profile_id"])
    product, products = _coded(interactions["product_id"])
    order, _ = _coded(interactions["order_key"])
    lines = pd.DataFrame(
        {"person": person, "product": product, "order": order, "at": interactions["occurred_at"]}
    )
    once = lines.groupby(["person", "product", "order"], as_index=False)["at"].min()
    return Purchases(
        people,
        products,
        once["person"].to_numpy(np.int64),
        once["product"].to_numpy(np.int64),
        once["at"].to_numpy(np.float64),
    )


def _coded(labels: "pd.Series[Any]") -> tuple[Codes, Labels]:
    codes, known = pd.factorize(labels.astype(object), sort=True)
    return codes, np.asarray(known, dtype=object)


def _places(labels: Labels, known: Labels) -> Codes:
    """Where each label stands in `known`, -1 when it does not."""
    return pd.Index(known).get_indexer(pd.Index(labels)).astype(np.int64)
