"""Score every product for one purchase history in plain Python, by the published scorer.json of the recommender."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from regulars.learning.recommender.scorer import ProductCandidate

MIN_SCALE = 1e-12  # against a division by zero


class HistoryScorer:
    """Score products; the numbers equal those of the estimator that the scorer was exported from."""

    def __init__(self, scorer: Mapping[str, Any]) -> None:
        self.products: list[str] = scorer["products"]
        self.weights: dict[str, float] = scorer["weights"]
        self._scorer = scorer
        self._positions = {product: position for position, product in enumerate(self.products)}

    def score_products(self, counts: Mapping[str, float]) -> list[tuple[ProductCandidate, float]]:
        """Return every product with its parts and its hybrid score, for decayed purchase counts by product id.

        A product that the scorer does not know has no effect.
        """
        history = {
            self._positions[product]: count
            for product, count in counts.items()
            if product in self._positions
        }
        collaborative = _scale_part(self._sum_votes("collaborative", history))
        parts = zip(
            _scale_part(self._sum_votes("content", history)),
            [_compute_signed_root(vote) for vote in collaborative],
            _scale_part(self._score_habit(history)),
            self._scorer["trend"],
            strict=True,
        )
        candidates = [
            ProductCandidate(product, *values)
            for product, values in zip(self.products, parts, strict=True)
        ]
        return [(candidate, self._weigh_parts(candidate)) for candidate in candidates]

    def _weigh_parts(self, candidate: ProductCandidate) -> float:
        return (
            self.weights["content"] * candidate.content
            + self.weights["collaborative"] * candidate.collaborative
            + self.weights["habit"] * candidate.habit
            + self.weights["trend"] * candidate.trend
        )

    def _sum_votes(self, kind: str, history: Iterable[int]) -> list[float]:
        sums = [0.0] * len(self.products)
        for voter in history:
            positions, votes = self._scorer[kind][voter]
            for position, vote in zip(positions, votes, strict=True):
                sums[position] += vote
        return sums

    def _score_habit(self, history: Mapping[int, float]) -> list[float]:
        habit = [0.0] * len(self.products)
        for position, count in history.items():
            habit[position] = math.sqrt(count * self._scorer["rebuy"][position])
        return habit


def _scale_part(part: list[float]) -> list[float]:
    """Divide the values by the largest absolute value."""
    largest = max(max(map(abs, part), default=0.0), MIN_SCALE)
    return [value / largest for value in part]


def _compute_signed_root(value: float) -> float:
    return math.copysign(math.sqrt(abs(value)), value)
