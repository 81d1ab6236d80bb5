"""A fitted hybrid recommender: four parts of a score for every person and product, and the best candidates."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from regulars.learning.recommender.purchases import Floats, Labels, Purchases
from regulars.learning.recommender.scorer import Candidate

CHUNK = 256
AGAIN = 20  # candidates a person has bought before
CANDIDATES = 50
HALF_LIFE_DAYS = 365.0
NOTHING = 1e-12


class Parts(NamedTuple):
    """Each part of the score, people by products; `trend` is the same for everybody."""

    content: Floats
    collaborative: Floats
    habit: Floats
    trend: Floats

    def total(self, weights: dict[str, float]) -> Floats:
        """The hybrid score: the weighted sum of the parts."""
        total: Floats = sum(
            (weights.get(name, 0.0) * part for name, part in self._asdict().items()),
            np.zeros(1),
        )
        return total


@dataclass(frozen=True)
class Recommender:
    """Item-to-item lists and what is known of each product; `weights` combine the parts.

    `collaborative` and `content` hold votes, one row a voter; `rebuy` is the share of a product's buyers who buy it
    again, shrunk to the shop's; `popularity` counts buyers, the recent ones most.
    """

    products: Labels
    collaborative: sp.csr_matrix
    content: sp.csr_matrix
    trend: Floats
    rebuy: Floats
    popularity: Floats
    weights: dict[str, float]
    recipe: dict[str, Any] = field(default_factory=dict)

    def parts(self, counts: sp.csr_matrix) -> Parts:
        """The parts for people with these decayed purchase counts, one row a person.

        The collaborative sum is scaled by its largest size and drawn together by a signed square root; content and
        habit are scaled by their largest value. So each lies between -1 and 1 whatever the length of a history.
        """
        bought = counts.sign()
        voted = _scaled(_dense(bought @ self.collaborative))
        return Parts(
            _scaled(_dense(bought @ self.content)),
            np.sign(voted) * np.sqrt(np.abs(voted)),
            _scaled(np.sqrt(_dense(counts.multiply(self.rebuy)))),
            self.trend[None, :],
        )

    def totals(self, counts: sp.csr_matrix) -> Floats:
        """The hybrid score of every product for people with these counts."""
        return self.parts(counts).total(self.weights)

    def candidates(self, history: Purchases, now: float) -> Iterator[list[Candidate]]:
        """Each person's best products: up to 20 of those bought before, and new ones up to 50 together.

        A product speaks for itself when it was bought in more than one order.
        """
        known = history.onto(self.products)
        counts, orders = known.decayed(now, HALF_LIFE_DAYS), known.decayed(now, np.inf)
        for start in range(0, counts.shape[0], CHUNK):
            rows = slice(start, start + CHUNK)
            yield from self._candidates(counts[rows], orders[rows])

    def _candidates(
        self, counts: sp.csr_matrix, orders: sp.csr_matrix
    ) -> Iterator[list[Candidate]]:
        parts = self.parts(counts)
        totals = parts.total(self.weights)
        votes = self.votes[orders.indices]
        for row in range(orders.shape[0]):
            line = slice(orders.indptr[row], orders.indptr[row + 1])
            bought, times = orders.indices[line], orders.data[line]
            again, new = _chosen(totals[row], bought)
            chosen = np.concatenate([bought[again], new])
            because = _because(votes[line], bought, chosen)
            because[: len(again)] = np.where(times[again] > 1, bought[again], -1)
            yield self._described(parts, row, chosen, because)

    @cached_property
    def votes(self) -> sp.csr_matrix:
        """Both kinds of votes by their weights, those against left out."""
        kinds = ((self.collaborative, "collaborative"), (self.content, "content"))
        votes = sum(matrix * self.weights[name] for matrix, name in kinds)
        return sp.csr_matrix(votes.multiply(votes > 0))

    def popular(self, count: int = CANDIDATES) -> list[tuple[str, float]]:
        """The most popular products, best first."""
        best = np.lexsort((np.arange(len(self.products)), -self.popularity))[:count]
        return [(str(self.products[at]), round(float(self.popularity[at]), 4)) for at in best]

    def neighbours(self, product: int) -> list[tuple[str, float, float]]:
        """For whom looks at a product: others with their content and collaborative votes, strongest first."""
        content, votes = _row(self.content, product), _row(self.collaborative, product)
        largest = max(votes.values(), default=0.0) or 1.0
        pairs = [
            (at, content.get(at, 0.0), max(votes.get(at, 0.0), 0.0) / largest)
            for at in content.keys() | votes.keys()
        ]
        pairs.sort(key=lambda pair: (-self._strength(pair[1], pair[2]), pair[0]))
        return [
            (str(self.products[at]), round(alike, 4), round(together, 4))
            for at, alike, together in pairs[:CANDIDATES]
        ]

    def _strength(self, content: float, collaborative: float) -> float:
        return self.weights["content"] * content + self.weights["collaborative"] * collaborative

    def _described(
        self, parts: Parts, row: int, chosen: NDArray[np.int64], because: NDArray[np.int64]
    ) -> list[Candidate]:
        content, collaborative, habit = (part[row, chosen] for part in parts[:3])
        numbers = [
            np.round(part, 4).tolist()
            for part in (content, collaborative, habit, self.trend[chosen])
        ]
        reasons = [str(self.products[at]) if at >= 0 else "" for at in because]
        names = [str(product) for product in self.products[chosen]]
        return [Candidate._make(row) for row in zip(names, *numbers, reasons, strict=True)]


def _because(
    votes: sp.csr_matrix, history: NDArray[np.int64], chosen: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each chosen product, the one in the history whose vote is largest; -1 when none votes for it."""
    places = np.full(votes.shape[1], -1)
    places[chosen] = np.arange(len(chosen))
    kept = places[votes.indices] >= 0
    voters = np.repeat(history, np.diff(votes.indptr))[kept]
    order = np.argsort(votes.data[kept], kind="stable")
    because = np.full(len(chosen), -1)
    because[places[votes.indices[kept][order]]] = voters[order]  # the largest vote comes last
    return because


def _chosen(
    total: Floats, history: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The best places in the history, and the best products beyond it, best first within each."""
    again = np.argsort(-total[history], kind="stable")[:AGAIN]
    rest = total.copy()
    rest[history] = -np.inf
    count = min(CANDIDATES - len(again), len(total) - len(history))
    if count <= 0:
        return again, np.empty(0, dtype=np.int64)
    new = np.argpartition(-rest, count - 1)[:count]
    return again, new[np.argsort(-rest[new], kind="stable")]


def _dense(matrix: Any) -> Floats:
    return np.asarray(matrix.todense(), dtype=np.float64)


def _scaled(part: Floats) -> Floats:
    largest = np.abs(part).max(axis=1, keepdims=True, initial=0.0)
    scaled: Floats = part / np.maximum(largest, NOTHING)
    return scaled


def _row(votes: sp.csr_matrix, voter: int) -> dict[int, float]:
    start, end = votes.indptr[voter], votes.indptr[voter + 1]
    return dict(zip(votes.indices[start:end].tolist(), votes.data[start:end].tolist(), strict=True))
