"""Fitting one recipe of the recommender on one shop's purchases up to a moment."""

from dataclasses import asdict, dataclass, field

import pandas as pd
import scipy.sparse as sp

from regulars.learning.recommender import similarity as similar
from regulars.learning.recommender.hybrid_model import Recommender
from regulars.learning.recommender.product_statistics import popularity, rebuy, trend
from regulars.learning.recommender.purchases import Labels, Purchases

DEFAULT_WEIGHTS = {"content": 0.2, "collaborative": 1.0, "habit": 4.0, "trend": 0.2}


@dataclass(frozen=True)
class Recipe:
    """What is chosen on validation.

    `ridge` and `described` (how much the descriptions count beside purchases) shape the collaborative lists;
    `versus` is what the recent demand is compared with: 1 its own long run (a trend), 0 nothing (popularity).
    """

    ridge: float = 4.0
    described: float = 0.3
    versus: float = 1.0
    weights: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))


@dataclass(frozen=True)
class Similarities:
    """Both kinds of lists, which depend on a recipe's ridge and descriptions alone."""

    collaborative: sp.csr_matrix
    content: sp.csr_matrix


def fit(bought: Purchases, products: pd.DataFrame, recipe: Recipe, now: float) -> Recommender:
    """Everything a recipe needs of the purchases before `now`."""
    words = similar.descriptions(texts(bought.products, products))
    return assemble(bought, similarities(bought, words, recipe), recipe, now)


def similarities(bought: Purchases, words: sp.csr_matrix, recipe: Recipe) -> Similarities:
    """The closed form where the catalogue allows it, the damped cosine above."""
    matrix = bought.matrix()
    small = matrix.shape[1] <= similar.LARGEST_DENSE
    block = (
        similar.ease(matrix, words, recipe.ridge, recipe.described)
        if small
        else similar.cosine(matrix)
    )
    return Similarities(similar.lists(block), similar.lists(similar.alike(words)))


def assemble(bought: Purchases, lists: Similarities, recipe: Recipe, now: float) -> Recommender:
    """A recommender from its lists and the counts of its purchases."""
    return Recommender(
        products=bought.products,
        collaborative=lists.collaborative,
        content=lists.content,
        trend=trend(bought, now, recipe.versus),
        rebuy=rebuy(bought),
        popularity=popularity(bought, now),
        weights=recipe.weights,
        recipe=asdict(recipe),
    )


def texts(products: Labels, catalogue: pd.DataFrame) -> list[str]:
    """Name and category of each product, '' for what the catalogue does not tell."""
    known = catalogue.drop_duplicates("product_id").set_index("product_id")
    rows = known.reindex(products)[["name", "category"]].fillna("").astype(str)
    return [
        f"{name} {category}" for name, category in zip(rows["name"], rows["category"], strict=True)
    ]
