"""Training the recommender: a recipe chosen on one window, measured on the next, refitted on everything."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import scipy.sparse as sp

from regulars.domain.errors import InsufficientDataError
from regulars.domain.times import from_text, to_text
from regulars.learning.contract import Comparison, Dataset, Floats, Trained
from regulars.learning.recommender.fitting import Recipe, fit
from regulars.learning.recommender.history_scorer import HistoryScorer
from regulars.learning.recommender.holdout import MODES
from regulars.learning.recommender.hybrid_model import HALF_LIFE_DAYS, Recommender
from regulars.learning.recommender.purchases import DAY, Purchases, purchases
from regulars.learning.recommender.ranking_quality import Quality, paired, together
from regulars.learning.recommender.recipe_evaluation import (
    Measured,
    measure,
    metrics,
    window_start,
)
from regulars.learning.recommender.recipe_search import FEWEST_PEOPLE, choose, window

FEWEST_BUYERS = 50
FEWEST_PRODUCTS = 10
LONGEST_DAYS, SHORTEST_DAYS = 91.0, 14.0
FRESH_DAYS = 7.0  # the trend is that of two weeks: an older champion has lost it
CHECKED_PEOPLE = 40  # on whom joblib and the plain scorer must agree


class Past:
    """A dataset's purchases before its cut-off, and what recipes find in their last window."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.now = from_text(dataset.manifest.cutoff).timestamp()
        self.bought = purchases(dataset.interactions).between(-np.inf, self.now)
        self._measured: list[tuple[Recipe, Measured]] = []

    @property
    def days(self) -> float:
        """A quarter of the shop's past, so that a fit and two windows fit in."""
        return float(np.clip(self.bought.span_days / 4, SHORTEST_DAYS, LONGEST_DAYS))

    def chosen(self) -> Recipe:
        """The recipe for the window before the last one."""
        start = window_start(self.bought, self.days)
        return choose(window(self.bought, self.dataset.products, start - self.days * DAY, start))

    def measured(self, recipe: Recipe) -> Measured:
        """What a recipe finds in the last window; the same one is fitted once."""
        for known, measured in self._measured:
            if known == recipe:
                return measured
        measured = measure(self.bought, self.dataset.products, recipe, self.days)
        self._measured.append((recipe, measured))
        return measured

    def some(self) -> Purchases:
        """The purchases of an even sample of the people."""
        return self.bought.some(CHECKED_PEOPLE)


class RecommenderTrainer:
    """Content, collaborative lists, own habit and trend in one score whose weights the shop's past decides."""

    model = "recommender"

    def __init__(self) -> None:
        self._last: Past | None = None

    def fit(self, dataset: Dataset) -> Trained:
        """Learn on everything before the hold-out, measure on it, then refit on everything."""
        past = self._past(dataset)
        _check_enough(past.bought)
        recipe = past.chosen()
        measured = past.measured(recipe)
        _check_returning(measured, past.days)
        recommender = fit(past.bought, dataset.products, recipe, past.now)
        return Trained(
            recommender,
            exported(recommender, dataset.manifest.cutoff),
            window=_told_window(past),
            metrics=metrics(measured),
        )

    def predict(self, estimator: Recommender, dataset: Dataset) -> Floats:
        """The hybrid scores of all products for an even sample of the people."""
        past = self._past(dataset)
        counts = past.some().onto(estimator.products)
        return estimator.totals(counts.decayed(past.now, HALF_LIFE_DAYS))

    def score(self, scorer: Mapping[str, Any], dataset: Dataset) -> Floats:
        """The plain scorer's answers for the same people."""
        past, history = self._past(dataset), HistoryScorer(scorer)
        rows = past.some().decayed(past.now, HALF_LIFE_DAYS).tolil()
        counts = [
            dict(zip(past.bought.products[places], numbers, strict=True))
            for places, numbers in zip(rows.rows, rows.data, strict=True)
        ]
        return np.asarray([[total for _, total in history.scored(each)] for each in counts])

    def compare(
        self, trained: Trained, champion: Mapping[str, Any] | None, dataset: Dataset
    ) -> Comparison:
        """Both recipes fitted before the same hold-out; without a champion, the same list for everybody.

        A champion that does not know every product, or has lost the trend, cannot serve this dataset any more.
        """
        past = self._past(dataset)
        mine = past.measured(_recipe(trained.scorer["recipe"]))
        if champion is None:
            gain, error = paired(_both(mine.found), _both(mine.found_by_popularity))
            return Comparison(gain, error)
        other = past.measured(_recipe(champion["recipe"]))
        gain, error = paired(_both(mine.found), _both(other.found))
        return Comparison(gain, error, compatible=_serves(champion, past))

    def _past(self, dataset: Dataset) -> Past:
        """Reading millions of purchases takes seconds: the last dataset's are kept."""
        if self._last is None or self._last.dataset is not dataset:
            self._last = Past(dataset)
        return self._last


def _both(found: Callable[[str], Quality]) -> Quality:
    """What was found of new products and of all, as one."""
    return together([found(mode) for mode in MODES])


def exported(recommender: Recommender, cutoff: str) -> dict[str, Any]:
    """The recommender as plain JSON values, for `HistoryScorer`."""
    return {
        "products": [str(product) for product in recommender.products],
        "content": _voters(recommender.content),
        "collaborative": _voters(recommender.collaborative),
        "trend": recommender.trend.tolist(),
        "rebuy": recommender.rebuy.tolist(),
        "popular": recommender.popular(),
        "weights": recommender.weights,
        "recipe": recommender.recipe,
        "half_life_days": HALF_LIFE_DAYS,
        "cutoff": cutoff,
    }


def _voters(votes: sp.csr_matrix) -> list[list[list[float]]]:
    bounds = zip(votes.indptr[:-1], votes.indptr[1:], strict=True)
    return [[votes.indices[a:b].tolist(), votes.data[a:b].tolist()] for a, b in bounds]


def _recipe(known: Mapping[str, Any]) -> Recipe:
    return Recipe(**known)


def _check_enough(bought: Purchases) -> None:
    for known, least, what in (
        (len(bought.people), FEWEST_BUYERS, "buyers"),
        (len(bought.products), FEWEST_PRODUCTS, "products"),
    ):
        if known < least:
            raise InsufficientDataError(
                f"{known} {what}; recommendations are learnt from {least} on."
            )


def _check_returning(measured: Measured, days: float) -> None:
    returning = measured.part.counts.shape[0]
    if returning < FEWEST_PEOPLE:
        raise InsufficientDataError(
            f"{returning} people bought again in the last {days:.0f} days; "
            f"recommendations are learnt from {FEWEST_PEOPLE} on."
        )


def _serves(champion: Mapping[str, Any], past: Past) -> bool:
    age = past.now - from_text(champion["cutoff"]).timestamp()
    return age < FRESH_DAYS * DAY and set(past.bought.products) <= set(champion["products"])


def _told_window(past: Past) -> dict[str, str]:
    start = datetime.fromtimestamp(window_start(past.bought, past.days), UTC)
    return {"holdout_from": to_text(start), "holdout_days": f"{past.days:.0f}"}
