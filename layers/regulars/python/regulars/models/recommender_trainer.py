"""Training the recommender: a recipe chosen on one window, measured on the next, refitted on everything."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import scipy.sparse as sp

from regulars.domain.errors import InsufficientDataError
from regulars.domain.times import from_text, to_text
from regulars.models.contract import Comparison, Dataset, Floats, Trained
from regulars.models.recommender import HALF_LIFE_DAYS, Recommender
from regulars.models.recommender_choice import FEWEST_PEOPLE, choose, window
from regulars.models.recommender_fit import Recipe, fit
from regulars.models.recommender_holdout import MODES, Quality, paired, together
from regulars.models.recommender_measured import Measured, measure, metrics, window_start
from regulars.models.recommender_purchases import DAY, Purchases, purchases
from regulars.scoring.recommend_history import HistoryScorer

FEWEST_BUYERS = 50
FEWEST_PRODUCTS = 10
LONGEST_DAYS, SHORTEST_DAYS = 91.0, 14.0
FRESH_DAYS = 7.0  # the trend is that of two weeks: an older champion has lost it
CHECKED_PEOPLE = 40  # on whom joblib and the plain scorer must agree


class RecommenderTrainer:
    """Content, collaborative lists, own habit and trend in one score whose weights the shop's past decides."""

    model = "recommender"

    def fit(self, dataset: Dataset) -> Trained:
        """Learn on everything before the hold-out, measure on it, then refit on everything."""
        bought = _bought(dataset)
        _check_enough(bought)
        days = _window_days(bought)
        measured = measure(bought, dataset.products, _chosen(bought, dataset, days), days)
        _check_returning(measured, days)
        recommender = fit(
            bought, dataset.products, _recipe(measured.recommender.recipe), _now(dataset)
        )
        return Trained(
            recommender,
            exported(recommender, dataset.manifest.cutoff),
            window=_told_window(bought, days),
            metrics=metrics(measured),
        )

    def predict(self, estimator: Recommender, dataset: Dataset) -> Floats:
        """The hybrid scores of all products for an even sample of the people."""
        counts = _bought(dataset).some(CHECKED_PEOPLE).onto(estimator.products)
        return estimator.totals(counts.decayed(_now(dataset), HALF_LIFE_DAYS))

    def score(self, scorer: Mapping[str, Any], dataset: Dataset) -> Floats:
        """The plain scorer's answers for the same people."""
        history = HistoryScorer(scorer)
        sample = _bought(dataset).some(CHECKED_PEOPLE)
        rows = sample.decayed(_now(dataset), HALF_LIFE_DAYS).tolil()
        counts = [
            dict(zip(sample.products[places], numbers, strict=True))
            for places, numbers in zip(rows.rows, rows.data, strict=True)
        ]
        return np.asarray([[total for _, total in history.scored(each)] for each in counts])

    def compare(
        self, trained: Trained, champion: Mapping[str, Any] | None, dataset: Dataset
    ) -> Comparison:
        """Both recipes fitted before the same hold-out; without a champion, the same list for everybody.

        A champion that does not know every product, or has lost the trend, cannot serve this dataset any more.
        """
        bought = _bought(dataset)
        days = _window_days(bought)
        mine = measure(bought, dataset.products, _recipe(trained.scorer["recipe"]), days)
        if champion is None:
            gain, error = paired(_both(mine.found), _both(mine.found_by_popularity))
            return Comparison(gain, error)
        other = measure(bought, dataset.products, _recipe(champion["recipe"]), days)
        gain, error = paired(_both(mine.found), _both(other.found))
        return Comparison(gain, error, compatible=_serves(champion, bought, dataset))


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


def _now(dataset: Dataset) -> float:
    return from_text(dataset.manifest.cutoff).timestamp()


def _bought(dataset: Dataset) -> Purchases:
    return purchases(dataset.interactions).between(-np.inf, _now(dataset))


def _recipe(known: Mapping[str, Any]) -> Recipe:
    return Recipe(**known)


def _window_days(bought: Purchases) -> float:
    """A quarter of the shop's past, so that a fit and two windows fit in."""
    return float(np.clip(bought.span_days / 4, SHORTEST_DAYS, LONGEST_DAYS))


def _chosen(bought: Purchases, dataset: Dataset, days: float) -> Recipe:
    start = window_start(bought, days)
    return choose(window(bought, dataset.products, start - days * DAY, start))


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


def _serves(champion: Mapping[str, Any], bought: Purchases, dataset: Dataset) -> bool:
    age = _now(dataset) - from_text(champion["cutoff"]).timestamp()
    return age < FRESH_DAYS * DAY and set(bought.products) <= set(champion["products"])


def _told_window(bought: Purchases, days: float) -> dict[str, str]:
    start = datetime.fromtimestamp(window_start(bought, days), UTC)
    return {"holdout_from": to_text(start), "holdout_days": f"{days:.0f}"}
