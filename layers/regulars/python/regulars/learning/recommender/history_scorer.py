"""The published recommender in plain Python: one person's purchases to the hybrid score of every product."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from regulars.learning.recommender.scorer import Candidate

NOTHING = 1e-12


class HistoryScorer:
    """Scores by the lists of a recommender's `scorer.json`; the same numbers as the artifact it was exported from.

    `lists` hold, for each product as a voter, [[places of products], [votes]].
    """

    def __init__(self, scorer: Mapping[str, Any]) -> None:
        self.products: list[str] = scorer["products"]
        self.weights: dict[str, float] = scorer["weights"]
        self._scorer = scorer
        self._places = {product: place for place, product in enumerate(self.products)}

    def scored(self, counts: Mapping[str, float]) -> list[tuple[Candidate, float]]:
        """Every product with its parts and its hybrid score, for a person with these decayed purchase counts.

        A product the recommender does not know counts for nothing.
        """
        known = {
            self._places[product]: n for product, n in counts.items() if product in self._places
        }
        parts = zip(
            _scaled(self._votes("content", known)),
            [_root(vote) for vote in _scaled(self._votes("collaborative", known))],
            _scaled(self._habit(known)),
            self._scorer["trend"],
            strict=True,
        )
        rows = [
            Candidate(product, *part) for product, part in zip(self.products, parts, strict=True)
        ]
        return [(row, self._total(row)) for row in rows]

    def _total(self, row: Candidate) -> float:
        return (
            self.weights["content"] * row.content
            + self.weights["collaborative"] * row.collaborative
            + self.weights["habit"] * row.habit
            + self.weights["trend"] * row.trend
        )

    def _votes(self, kind: str, history: Iterable[int]) -> list[float]:
        summed = [0.0] * len(self.products)
        for voter in history:
            places, votes = self._scorer[kind][voter]
            for place, vote in zip(places, votes, strict=True):
                summed[place] += vote
        return summed

    def _habit(self, counts: Mapping[int, float]) -> list[float]:
        habit = [0.0] * len(self.products)
        for place, count in counts.items():
            habit[place] = math.sqrt(count * self._scorer["rebuy"][place])
        return habit


def _scaled(part: list[float]) -> list[float]:
    largest = max(max(map(abs, part), default=0.0), NOTHING)
    return [value / largest for value in part]


def _root(value: float) -> float:
    return math.copysign(math.sqrt(abs(value)), value)
