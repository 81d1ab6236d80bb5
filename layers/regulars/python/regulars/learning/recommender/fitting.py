"""Fitting one recipe of the recommender on one shop's purchases up to a moment."""

from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp

from regulars.learning.recommender import similarity as similar
from regulars.learning.recommender.hybrid_model import Recommender
from regulars.learning.recommender.purchases import DAY, Codes, Floats, Labels, Purchases

RECENT_DAYS = 14.0
POPULAR_HALF_LIFE_DAYS = 28.0
RARE = 0.02  # buyers a day, added so that a product hardly sold has no wild trend …
RARE_SHARE = 0.1  # … and in a large shop this share of the average product's
PRIOR_BUYERS = 10.0  # how many average buyers a product's re-buy rate is mixed with
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


def trend(bought: Purchases, now: float, versus: float) -> Floats:
    """How much more a product is bought now than in the long run, in log buyers a day."""
    buyers = bought.buyers() / max(bought.span_days, RECENT_DAYS)
    rare = max(RARE, RARE_SHARE * float(buyers.mean())) if len(buyers) else RARE
    recent = np.log(bought.buyers(now - RECENT_DAYS * DAY) / RECENT_DAYS + rare)
    return np.round(recent - versus * np.log(buyers + rare), similar.DECIMALS)


def rebuy(bought: Purchases) -> Floats:
    """The share of each product's buyers who bought it in more than one order, shrunk to the shop's."""
    orders = bought.decayed(0.0, np.inf)
    buyers, again = (np.asarray((orders > n).sum(axis=0)).ravel() for n in (0, 1))
    shop = again.sum() / max(buyers.sum(), 1)
    shrunk: Floats = (again + PRIOR_BUYERS * shop) / (buyers + PRIOR_BUYERS)
    return np.round(shrunk, similar.DECIMALS)


def popularity(bought: Purchases, now: float) -> Floats:
    """Buyers of each product, each halved every 28 days since their last order of it."""
    weight = np.power(0.5, np.maximum(now - bought.at, 0.0) / DAY / POPULAR_HALF_LIFE_DAYS)
    latest = pd.DataFrame({"person": bought.person, "product": bought.product, "weight": weight})
    each = latest.groupby(["person", "product"], as_index=False)["weight"].max()
    return _per_product(each["product"].to_numpy(), each["weight"].to_numpy(), bought)


def _per_product(product: Codes, weight: Floats, bought: Purchases) -> Floats:
    summed: Floats = np.bincount(product, weights=weight, minlength=len(bought.products))
    return summed
