"""Choosing a recipe on the last window before a moment: few parameters, one after the other."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp

from regulars.learning.recommender import similarity as similar
from regulars.learning.recommender.fitting import Recipe, assemble, similarities, texts
from regulars.learning.recommender.holdout import HoldOut, hold_out
from regulars.learning.recommender.hybrid_model import HALF_LIFE_DAYS, Parts
from regulars.learning.recommender.product_statistics import trend
from regulars.learning.recommender.purchases import Floats, Purchases
from regulars.learning.recommender.ranking_quality import Quality, quality

RIDGES = (0.1, 0.4, 1.3, 4.0, 14.0, 45.0)
DESCRIBED = (0.0, 0.7)
CONTENT = (0.0, 0.2, 0.4)
TREND = (0.0, 0.1, 0.2, 0.3)
HABIT = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)
FEWEST_PEOPLE = 30  # below that a window says nothing about weights
CELLS = 4_000_000  # people times products of the sample on which recipes are compared
WIDE = 0.33  # the share of the catalogue worth showing …
PRICE = 0.05  # … for this share of what the best recipe finds
ALONE = {"content": 0.0, "collaborative": 1.0, "habit": 0.0, "trend": 0.0}
POPULAR = {"content": 0.0, "collaborative": 0.0, "habit": 0.0, "trend": 1.0}


@dataclass(frozen=True)
class Tried:
    """A recipe and what it found in the window."""

    recipe: Recipe
    found: Quality


@dataclass(frozen=True)
class Window:
    """The purchases before a window, their descriptions and trends, and some of the people who bought in it."""

    earlier: Purchases
    words: sp.csr_matrix
    trends: dict[float, Floats]
    part: HoldOut
    start: float

    def parts(self, recipe: Recipe) -> Parts:
        """The parts of the score that a recipe's lists give."""
        lists = similarities(self.earlier, self.words, recipe)
        return assemble(self.earlier, lists, recipe, self.start).parts(self.part.counts)

    def tried(self, parts: Parts, recipe: Recipe, mode: str = "new") -> Tried:
        """What a recipe finds with these parts."""
        parts = parts._replace(trend=self.trends[recipe.versus][None, :])
        return Tried(recipe, quality(parts.total(recipe.weights), self.part, mode))


def window(bought: Purchases, products: pd.DataFrame, start: float, end: float) -> Window:
    """The window start ≤ at < end after what was bought before it."""
    earlier = bought.between(-np.inf, start)
    part = hold_out(earlier, bought.between(start, end), start, HALF_LIFE_DAYS)
    return Window(
        earlier,
        similar.descriptions(texts(earlier.products, products)),
        {versus: trend(earlier, start, versus) for versus in (0.0, 1.0)},
        part.sample(max(CELLS // max(earlier.shape[1], 1), 100)),
        start,
    )


def choose(seen: Window) -> Recipe:
    """The recipe that finds most of the window; the default one when too few people bought in it.

    The lists alone and popularity alone are always among the candidates: no blend is chosen that finds less.
    """
    if np.count_nonzero(np.diff(seen.part.next_new.indptr)) < FEWEST_PEOPLE:
        return Recipe()
    alone, (_, blended, parts) = _shaped(seen)
    for options in (_trends, _contents):
        blended = _preferred(seen.tried(parts, each) for each in options(blended.recipe))
    popular = replace(blended.recipe, versus=0.0, weights=POPULAR)
    best = _finds_most([blended, alone, seen.tried(parts, popular)]).recipe
    if _shape(best) != _shape(blended.recipe):
        parts = seen.parts(best)
    return _finds_most(seen.tried(parts, each, "all") for each in _habits(best)).recipe


class Shaped(NamedTuple):
    """A pair of ridge and descriptions: its lists alone, its lists in the usual blend, and their parts."""

    alone: Tried
    blended: Tried
    parts: Parts


def _shaped(seen: Window) -> tuple[Tried, Shaped]:
    """The best lists alone, and the lists that serve the usual blend best.

    First how much the descriptions count; then the ridge, step by step while that helps.
    """
    first = replace(Recipe(), weights=Recipe().weights | {"habit": 0.0})
    known = [_tried_shape(seen, first)]
    if len(seen.earlier.products) <= similar.LARGEST_DENSE:  # the damped cosine has neither
        known += [_tried_shape(seen, replace(first, described=value)) for value in DESCRIBED]
        for step in (-1, 1):
            known += _climbed(seen, _best_shape(known), step)
    return _finds_most(shape.alone for shape in known), _best_shape(known)


def _climbed(seen: Window, start: Shaped, step: int) -> list[Shaped]:
    """The next ridges in one direction, until one is no better than the one before."""
    recipe, climbed = start.blended.recipe, [start]
    place = RIDGES.index(recipe.ridge) + step
    while 0 <= place < len(RIDGES):
        climbed.append(_tried_shape(seen, replace(recipe, ridge=RIDGES[place])))
        if _best_shape(climbed) is not climbed[-1]:
            break
        place += step
    return climbed[1:]


def _best_shape(known: Iterable[Shaped]) -> Shaped:
    shapes = list(known)
    best = _preferred(shape.blended for shape in shapes)
    return next(shape for shape in shapes if shape.blended is best)


def _tried_shape(seen: Window, recipe: Recipe) -> Shaped:
    parts = seen.parts(recipe)
    alone = seen.tried(parts, replace(recipe, weights=ALONE))
    return Shaped(alone, seen.tried(parts, recipe), parts)


def _shape(recipe: Recipe) -> tuple[float, float]:
    return recipe.ridge, recipe.described


def _trends(recipe: Recipe) -> list[Recipe]:
    """The recipe with each weight of the trend, against the long run or as plain popularity."""
    known = [replace(recipe, versus=versus) for versus in (1.0, 0.0)]
    return [_weighing(each, trend=weight) for each in known for weight in TREND]


def _contents(recipe: Recipe) -> list[Recipe]:
    return [_weighing(recipe, content=weight) for weight in CONTENT]


def _habits(recipe: Recipe) -> list[Recipe]:
    return [_weighing(recipe, habit=weight) for weight in HABIT]


def _weighing(recipe: Recipe, **weights: float) -> Recipe:
    return replace(recipe, weights=recipe.weights | weights)


def _finds_most(tried: Iterable[Tried]) -> Tried:
    return max(tried, key=lambda each: each.found.ndcg10)


def _preferred(tried: Iterable[Tried]) -> Tried:
    """The one that finds most, or one that shows much more of the catalogue and finds hardly less."""
    known = list(tried)
    best = _finds_most(known)
    level = best.found.ndcg10 * (1 - PRICE)
    wide = [each for each in known if each.found.coverage >= WIDE and each.found.ndcg10 >= level]
    return _finds_most(wide or [best])
