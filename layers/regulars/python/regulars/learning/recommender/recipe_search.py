"""Choose a recipe on a validation window: few hyper-parameters, one after the other."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from regulars.learning.contract import FloatArray
from regulars.learning.recommender import similarity
from regulars.learning.recommender.fitting import (
    Recipe,
    assemble_model,
    build_product_texts,
    compute_similarities,
)
from regulars.learning.recommender.holdout import HoldOut, build_hold_out
from regulars.learning.recommender.hybrid_model import HISTORY_HALF_LIFE_DAYS, ScoreParts
from regulars.learning.recommender.product_statistics import compute_trend
from regulars.learning.recommender.purchases import Purchases
from regulars.learning.recommender.ranking_quality import RankingQuality, measure_ranking

RIDGE_VALUES = (0.1, 0.4, 1.3, 4.0, 14.0, 45.0, 150.0, 500.0)
DESCRIPTION_WEIGHTS = (0.0, 0.7)
MAX_SEARCHED_PRODUCTS = 12_000  # the votes of a larger catalogue take minutes for each trial
CONTENT_WEIGHTS = (0.0, 0.2, 0.4)
TREND_WEIGHTS = (0.0, 0.1, 0.2, 0.3)
HABIT_WEIGHTS = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)
MIN_WINDOW_PEOPLE = 30  # a smaller window gives no evidence about weights
MAX_SAMPLE_CELLS = 4_000_000  # people times products of the sample on which recipes are compared
MIN_SAMPLE_PEOPLE = 100
# A recipe that covers this share of the catalogue may lose this share of the best recipe's NDCG.
MIN_WIDE_COVERAGE = 0.33
MAX_NDCG_LOSS_SHARE = 0.05
COLLABORATIVE_ONLY_WEIGHTS = {"content": 0.0, "collaborative": 1.0, "habit": 0.0, "trend": 0.0}
POPULARITY_ONLY_WEIGHTS = {"content": 0.0, "collaborative": 0.0, "habit": 0.0, "trend": 1.0}


@dataclass(frozen=True)
class RecipeTrial:
    """A recipe, and the quality of its ranking in the validation window."""

    recipe: Recipe
    quality: RankingQuality


@dataclass(frozen=True)
class SimilarityTrial:
    """One value of `ridge` and `described`: its votes alone, and its votes in the default blend."""

    alone: RecipeTrial
    blended: RecipeTrial


@dataclass(frozen=True, kw_only=True)
class ValidationWindow:
    """The purchases before a window, their descriptions and trends, and a sample of the people who bought in it."""

    earlier: Purchases
    description_vectors: sp.csr_matrix
    trends: dict[float, FloatArray]
    hold_out: HoldOut
    start: float

    def score_parts(self, recipe: Recipe) -> ScoreParts:
        """Return the parts of the score for the votes of a recipe."""
        lists = compute_similarities(self.earlier, self.description_vectors, recipe)
        model = assemble_model(self.earlier, lists, recipe, self.start)
        return model.score_parts(self.hold_out.counts)

    def try_recipe(self, parts: ScoreParts, recipe: Recipe, mode: str = "new") -> RecipeTrial:
        """Measure a recipe with parts that were computed for its votes."""
        parts = parts._replace(trend=self.trends[recipe.versus][None, :])
        totals = parts.sum_weighted_parts(recipe.weights)
        return RecipeTrial(recipe, measure_ranking(totals, self.hold_out, mode))


def build_validation_window(
    purchases: Purchases, products: pd.DataFrame, start: float, end: float
) -> ValidationWindow:
    """Return the window start ≤ time < end, and the purchases before it."""
    earlier = purchases.select_between(-np.inf, start)
    later = purchases.select_between(start, end)
    hold_out = build_hold_out(earlier, later, start, HISTORY_HALF_LIFE_DAYS)
    max_people = max(MAX_SAMPLE_CELLS // max(earlier.shape[1], 1), MIN_SAMPLE_PEOPLE)
    texts = build_product_texts(earlier.products, products)
    return ValidationWindow(
        earlier=earlier,
        description_vectors=similarity.build_description_vectors(texts),
        trends={versus: compute_trend(earlier, start, versus) for versus in (0.0, 1.0)},
        hold_out=hold_out.sample_people(max_people),
        start=start,
    )


def choose_recipe(window: ValidationWindow) -> Recipe:
    """Return the recipe that ranks best in a window; the default one when fewer than 30 people bought something new.

    Collaborative votes alone and popularity alone are always tried: no blend is chosen that ranks worse.
    """
    if np.count_nonzero(np.diff(window.hold_out.next_new.indptr)) < MIN_WINDOW_PEOPLE:
        return Recipe()
    alone, best_similarity = _search_similarity(window)
    blended = best_similarity.blended
    # Computed again, because the parts of all trials together would take a gigabyte.
    parts = window.score_parts(blended.recipe)
    for list_options in (_list_trend_recipes, _list_content_recipes):
        blended = _choose_preferred(
            window.try_recipe(parts, option) for option in list_options(blended.recipe)
        )
    popularity = replace(blended.recipe, versus=0.0, weights=POPULARITY_ONLY_WEIGHTS)
    trials = [blended, alone, window.try_recipe(parts, popularity)]
    best = _choose_most_accurate(trials).recipe
    if _similarity_key(best) != _similarity_key(blended.recipe):
        parts = window.score_parts(best)
    return _choose_most_accurate(
        window.try_recipe(parts, option, "all") for option in _list_habit_recipes(best)
    ).recipe


def _search_similarity(window: ValidationWindow) -> tuple[RecipeTrial, SimilarityTrial]:
    """Return the best trial of collaborative votes alone, and the votes that rank best in the default blend.

    It tries the weights of descriptions first, then the next ridge in each direction while the quality rises.
    """
    default = Recipe()
    first = replace(default, weights=default.weights | {"habit": 0.0})
    trials = [_try_similarity(window, first)]
    if len(window.earlier.products) <= MAX_SEARCHED_PRODUCTS:
        trials += [
            _try_similarity(window, replace(first, described=weight))
            for weight in DESCRIPTION_WEIGHTS
        ]
        for step in (-1, 1):
            trials += _climb_ridges(window, _choose_similarity(trials), step)
    return _choose_most_accurate(trial.alone for trial in trials), _choose_similarity(trials)


def _climb_ridges(
    window: ValidationWindow, start: SimilarityTrial, step: int
) -> list[SimilarityTrial]:
    """Return trials of the next ridges in one direction, up to the first that is no better than the one before."""
    recipe, trials = start.blended.recipe, [start]
    position = RIDGE_VALUES.index(recipe.ridge) + step
    while 0 <= position < len(RIDGE_VALUES):
        trials.append(_try_similarity(window, replace(recipe, ridge=RIDGE_VALUES[position])))
        if _choose_similarity(trials) is not trials[-1]:
            break
        position += step
    return trials[1:]


def _choose_similarity(trials: list[SimilarityTrial]) -> SimilarityTrial:
    best = _choose_preferred(trial.blended for trial in trials)
    return next(trial for trial in trials if trial.blended is best)


def _try_similarity(window: ValidationWindow, recipe: Recipe) -> SimilarityTrial:
    parts = window.score_parts(recipe)
    alone = window.try_recipe(parts, replace(recipe, weights=COLLABORATIVE_ONLY_WEIGHTS))
    return SimilarityTrial(alone, window.try_recipe(parts, recipe))


def _similarity_key(recipe: Recipe) -> tuple[float, float]:
    return recipe.ridge, recipe.described


def _list_trend_recipes(recipe: Recipe) -> list[Recipe]:
    """Return the recipe with each weight of the trend, then with each weight of recent popularity."""
    bases = [replace(recipe, versus=versus) for versus in (1.0, 0.0)]
    return [_with_weights(base, trend=weight) for base in bases for weight in TREND_WEIGHTS]


def _list_content_recipes(recipe: Recipe) -> list[Recipe]:
    return [_with_weights(recipe, content=weight) for weight in CONTENT_WEIGHTS]


def _list_habit_recipes(recipe: Recipe) -> list[Recipe]:
    return [_with_weights(recipe, habit=weight) for weight in HABIT_WEIGHTS]


def _with_weights(recipe: Recipe, **weights: float) -> Recipe:
    return replace(recipe, weights=recipe.weights | weights)


def _choose_most_accurate(trials: Iterable[RecipeTrial]) -> RecipeTrial:
    return max(trials, key=lambda trial: trial.quality.ndcg10)


def _choose_preferred(trials: Iterable[RecipeTrial]) -> RecipeTrial:
    """Return the most accurate trial, or one with wide coverage that is hardly less accurate."""
    candidates = list(trials)
    best = _choose_most_accurate(candidates)
    min_ndcg = best.quality.ndcg10 * (1 - MAX_NDCG_LOSS_SHARE)
    wide = [
        trial
        for trial in candidates
        if trial.quality.coverage >= MIN_WIDE_COVERAGE and trial.quality.ndcg10 >= min_ndcg
    ]
    return _choose_most_accurate(wide or [best])
