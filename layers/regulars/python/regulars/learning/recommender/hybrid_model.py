"""Score products by a fitted hybrid model, and generate the best candidates of each person."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from regulars.learning.contract import FloatArray
from regulars.learning.recommender.product_statistics import find_sold_products
from regulars.learning.recommender.purchases import IdArray, IndexArray, Purchases
from regulars.learning.recommender.scorer import ProductCandidate

MAX_CHUNK_PEOPLE = 256  # people whose scores are in memory at one time
MAX_CHUNK_CELLS = 1_000_000  # their scores: people times products
MAX_REPEAT_CANDIDATES = 20  # products that the person bought before
MAX_NEW_CANDIDATES = 50
MIN_HABIT = 1e-4  # as stored; the habit of a product that was never bought is 0
MAX_NEIGHBOURS = 50
HISTORY_HALF_LIFE_DAYS = 365.0
MIN_SCALE = 1e-12  # against a division by zero


class ScoreParts(NamedTuple):
    """Each part of the hybrid score, people by products; `trend` has one row, the same for all people."""

    content: FloatArray
    collaborative: FloatArray
    habit: FloatArray
    trend: FloatArray

    def sum_weighted_parts(self, weights: dict[str, float]) -> FloatArray:
        """Return the hybrid score, people by products."""
        total: FloatArray = sum(
            (weights.get(name, 0.0) * part for name, part in self._asdict().items()), np.zeros(1)
        )
        return total


@dataclass(frozen=True, kw_only=True)
class HybridModel:
    """Item-to-item votes and statistics of each product; `weights` combine the parts of the score.

    `collaborative` and `content` hold votes, one row a voting product. `rebuy_rates` is the share of a product's buyers
    who buy it again, shrunk to that of the shop. `popularity` counts buyers, recent ones most.
    """

    products: IdArray
    collaborative: sp.csr_matrix
    content: sp.csr_matrix
    trend: FloatArray
    rebuy_rates: FloatArray
    popularity: FloatArray
    weights: dict[str, float]
    recipe: dict[str, Any] = field(default_factory=dict)

    def score_parts(self, counts: sp.csr_matrix) -> ScoreParts:
        """Return the parts for people with these decayed purchase counts, one row a person.

        The collaborative sum is divided by its largest absolute value and compressed by a signed square root; content
        and habit are divided by their largest value. Each part lies between -1 and 1 whatever the length of a history.
        """
        histories = counts.sign()
        collaborative = _scale_rows(_to_dense(histories @ self.collaborative))
        return ScoreParts(
            content=_scale_rows(_to_dense(histories @ self.content)),
            collaborative=np.sign(collaborative) * np.sqrt(np.abs(collaborative)),
            habit=_scale_rows(np.sqrt(_to_dense(counts.multiply(self.rebuy_rates)))),
            trend=self.trend[None, :],
        )

    def score_products(self, counts: sp.csr_matrix) -> FloatArray:
        """Return the hybrid score of every product for people with these decayed purchase counts."""
        return self.score_parts(counts).sum_weighted_parts(self.weights)

    def generate_candidates(
        self, purchases: Purchases, now: float
    ) -> Iterator[list[ProductCandidate]]:
        """Yield the best products of each person that are still sold: up to 20 bought before, and up to 50 new ones.

        A product that the person buys by habit is its own reason.
        """
        history = purchases.with_products(self.products)
        counts = history.compute_decayed_counts(now, HISTORY_HALF_LIFE_DAYS)
        habits = history.find_habits(now)
        unsold = np.flatnonzero(~find_sold_products(history))
        for rows in iterate_chunks(counts.shape):
            yield from self._generate_chunk(counts[rows], habits[rows], unsold)

    @cached_property
    def positive_votes(self) -> sp.csr_matrix:
        """Return the weighted sum of both kinds of votes, without the negative ones."""
        kinds = ((self.collaborative, "collaborative"), (self.content, "content"))
        votes = sum(matrix * self.weights[name] for matrix, name in kinds)
        return sp.csr_matrix(votes.multiply(votes > 0))

    def rank_popular(self, count: int = MAX_NEIGHBOURS) -> list[tuple[str, float]]:
        """Return ids and popularity of the most popular products, best first."""
        best = np.lexsort((np.arange(len(self.products)), -self.popularity))[:count]
        return [
            (str(self.products[index]), round(float(self.popularity[index]), 4)) for index in best
        ]

    def find_neighbours(
        self, product_index: int, is_sold: NDArray[np.bool_]
    ) -> list[tuple[str, float, float]]:
        """Return (product id, content, collaborative) of the sold products that go best with one, strongest first."""
        content = _read_votes(self.content, product_index)
        collaborative = _read_votes(self.collaborative, product_index)
        largest = max(collaborative.values(), default=0.0) or 1.0
        neighbours = [
            (index, content.get(index, 0.0), max(collaborative.get(index, 0.0), 0.0) / largest)
            for index in content.keys() | collaborative.keys()
            if is_sold[index]
        ]
        neighbours.sort(key=lambda row: (-self._weigh_neighbour(row[1], row[2]), row[0]))
        return [
            (str(self.products[index]), round(content_vote, 4), round(collaborative_vote, 4))
            for index, content_vote, collaborative_vote in neighbours[:MAX_NEIGHBOURS]
        ]

    def _generate_chunk(
        self, counts: sp.csr_matrix, habits: sp.csr_matrix, unsold: IndexArray
    ) -> Iterator[list[ProductCandidate]]:
        parts = self.score_parts(counts)
        totals = parts.sum_weighted_parts(self.weights)
        totals[:, unsold] = -np.inf
        votes = self.positive_votes[habits.indices]
        for row in range(habits.shape[0]):
            span = slice(habits.indptr[row], habits.indptr[row + 1])
            history, is_habit = habits.indices[span], habits.data[span] > 0
            repeated, new = _choose_products(totals[row], history)
            chosen = np.concatenate([history[repeated], new])
            voters = _find_strongest_voters(votes[span], history, chosen)
            voters[: len(repeated)] = np.where(is_habit[repeated], history[repeated], -1)
            yield self._build_candidates(parts, row, chosen, voters)

    def _weigh_neighbour(self, content: float, collaborative: float) -> float:
        root = np.sqrt(collaborative)
        return float(self.weights["content"] * content + self.weights["collaborative"] * root)

    def _build_candidates(
        self, parts: ScoreParts, row: int, chosen: IndexArray, voters: IndexArray
    ) -> list[ProductCandidate]:
        content, collaborative, habit = (part[row, chosen] for part in parts[:3])
        habit = np.where(habit > 0, np.maximum(habit, MIN_HABIT), 0.0)
        columns = [
            np.round(part, 4).tolist()
            for part in (content, collaborative, habit, self.trend[chosen])
        ]
        because = [str(self.products[voter]) if voter >= 0 else "" for voter in voters]
        product_ids = [str(product) for product in self.products[chosen]]
        return [
            ProductCandidate._make(fields)
            for fields in zip(product_ids, *columns, because, strict=True)
        ]


def iterate_chunks(shape: tuple[int, int]) -> Iterator[slice]:
    """Yield the rows of a few people at a time, for a shape of people by products, so that memory stays bounded."""
    people, products = shape
    size = min(max(MAX_CHUNK_CELLS // max(products, 1), 1), MAX_CHUNK_PEOPLE)
    yield from (slice(start, start + size) for start in range(0, people, size))


def _find_strongest_voters(
    votes: sp.csr_matrix, history: IndexArray, chosen: IndexArray
) -> IndexArray:
    """Return for each chosen product the product of the history with the largest vote; -1 without a vote."""
    positions = np.full(votes.shape[1], -1)
    positions[chosen] = np.arange(len(chosen))
    is_chosen = positions[votes.indices] >= 0
    voters = np.repeat(history, np.diff(votes.indptr))[is_chosen]
    order = np.argsort(votes.data[is_chosen], kind="stable")
    strongest = np.full(len(chosen), -1)
    # Numpy assigns in order, so that the largest vote, which comes last, stays.
    strongest[positions[votes.indices[is_chosen][order]]] = voters[order]
    return strongest


def _choose_products(total: FloatArray, history: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Return the best positions in the history, and the best products beyond it, best first within each."""
    repeated = np.argsort(-total[history], kind="stable")[:MAX_REPEAT_CANDIDATES]
    repeated = repeated[np.isfinite(total[history[repeated]])]
    remaining = total.copy()
    remaining[history] = -np.inf
    count = min(MAX_NEW_CANDIDATES, int(np.isfinite(remaining).sum()))
    if not count:
        return repeated, np.empty(0, dtype=np.int64)
    new = np.argpartition(-remaining, count - 1)[:count]
    return repeated, new[np.argsort(-remaining[new], kind="stable")]


def _to_dense(matrix: Any) -> FloatArray:
    return np.asarray(matrix.todense(), dtype=np.float64)


def _scale_rows(part: FloatArray) -> FloatArray:
    """Divide each row by its largest absolute value."""
    largest = np.abs(part).max(axis=1, keepdims=True, initial=0.0)
    scaled: FloatArray = part / np.maximum(largest, MIN_SCALE)
    return scaled


def _read_votes(votes: sp.csr_matrix, voter: int) -> dict[int, float]:
    start, end = votes.indptr[voter], votes.indptr[voter + 1]
    return dict(zip(votes.indices[start:end].tolist(), votes.data[start:end].tolist(), strict=True))
