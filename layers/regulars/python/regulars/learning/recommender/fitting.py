"""Fit a hybrid model with one recipe on a shop's purchases before a given time."""

from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp

from regulars.learning.recommender import similarity
from regulars.learning.recommender.hybrid_model import HybridModel
from regulars.learning.recommender.product_statistics import (
    compute_popularity,
    compute_rebuy_rates,
    compute_trend,
)
from regulars.learning.recommender.purchases import IdArray, IndexArray, Purchases

DEFAULT_WEIGHTS = {"content": 0.2, "collaborative": 1.0, "habit": 4.0, "trend": 0.2}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The hyper-parameters that are chosen on validation.

    `ridge` and `described` (the weight of descriptions beside purchases) shape the collaborative votes. `versus` is the
    weight of the long-run demand that recent demand is compared with: 1 for a trend, 0 for popularity.
    """

    ridge: float = 4.0
    described: float = 0.3
    versus: float = 1.0
    weights: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))


@dataclass(frozen=True)
class SimilarityLists:
    """Collaborative and content votes; they depend on a recipe's `ridge` and `described` only."""

    collaborative: sp.csr_matrix
    content: sp.csr_matrix


def fit_model(
    purchases: Purchases, products: pd.DataFrame, recipe: Recipe, now: float
) -> HybridModel:
    """Fit a recipe on purchases before `now` (epoch seconds); `products` has product_id, name and category."""
    texts = build_product_texts(purchases.products, products)
    description_vectors = similarity.build_description_vectors(texts)
    lists = compute_similarities(purchases, description_vectors, recipe)
    return assemble_model(purchases, lists, recipe, now)


def compute_similarities(
    purchases: Purchases, description_vectors: sp.csr_matrix, recipe: Recipe
) -> SimilarityLists:
    """Return the votes of the products with the most buyers, at most 30,000; the others have none."""
    products = _find_voting_products(purchases)
    matrix, vectors = purchases.build_binary_matrix()[:, products], description_vectors[products]
    ease = similarity.compute_ease_votes(matrix, vectors, recipe.ridge, recipe.described)
    content = similarity.compute_description_votes(vectors)
    return SimilarityLists(
        *(_place_votes(votes, products, len(purchases.products)) for votes in (ease, content))
    )


def assemble_model(
    purchases: Purchases, lists: SimilarityLists, recipe: Recipe, now: float
) -> HybridModel:
    """Return a model of votes and the statistics of the purchases before `now`."""
    return HybridModel(
        products=purchases.products,
        collaborative=lists.collaborative,
        content=lists.content,
        trend=compute_trend(purchases, now, recipe.versus),
        rebuy_rates=compute_rebuy_rates(purchases),
        popularity=compute_popularity(purchases, now),
        weights=recipe.weights,
        recipe=asdict(recipe),
    )


def _find_voting_products(purchases: Purchases) -> IndexArray:
    most_bought = np.argsort(-purchases.count_buyers(), kind="stable")
    return np.sort(most_bought[: similarity.MAX_VOTING_PRODUCTS])


def _place_votes(votes: sp.csr_matrix, products: IndexArray, count: int) -> sp.csr_matrix:
    """Return the votes between some of `count` products as a matrix of all of them."""
    if len(products) == count:
        return votes
    entries = votes.tocoo()
    positions = (products[entries.row], products[entries.col])
    return sp.csr_matrix((entries.data, positions), shape=(count, count))


def build_product_texts(product_ids: IdArray, products: pd.DataFrame) -> list[str]:
    """Return name and category of each product; '' for what the catalogue does not hold."""
    catalogue = products.drop_duplicates("product_id").set_index("product_id")
    rows = catalogue.reindex(product_ids)[["name", "category"]].fillna("").astype(str)
    return [
        f"{name} {category}" for name, category in zip(rows["name"], rows["category"], strict=True)
    ]
