"""Generate candidates by rules, for a shop without a recommender: own repeat purchases, then what is popular."""

from collections.abc import Iterator

import numpy as np

from regulars.learning.recommender.hybrid_model import (
    HISTORY_HALF_LIFE_DAYS,
    MAX_REPEAT_CANDIDATES,
    MIN_HABIT,
    MIN_SCALE,
)
from regulars.learning.recommender.product_statistics import compute_popularity, find_sold_products
from regulars.learning.recommender.purchases import Purchases
from regulars.learning.recommender.scorer import ProductCandidate

MAX_POPULAR_PRODUCTS = 50


def rank_popular(purchases: Purchases, now: float) -> list[tuple[str, float]]:
    """Return ids and popularity of the most popular products that are still sold, best first."""
    popularity = np.where(find_sold_products(purchases), compute_popularity(purchases, now), 0.0)
    best = np.argsort(-popularity, kind="stable")[:MAX_POPULAR_PRODUCTS]
    return [
        (str(purchases.products[index]), round(float(popularity[index]), 4))
        for index in best
        if popularity[index] > 0
    ]


def generate_rule_candidates(purchases: Purchases, now: float) -> Iterator[list[ProductCandidate]]:
    """Yield for each person the products bought in more than one order and still sold, the most frequent first."""
    counts = purchases.compute_decayed_counts(now, HISTORY_HALF_LIFE_DAYS)
    orders = purchases.compute_decayed_counts(now, np.inf)
    habits = purchases.find_habits(now)
    is_sold = find_sold_products(purchases)
    for person in range(counts.shape[0]):
        span = slice(counts.indptr[person], counts.indptr[person + 1])
        products = counts.indices[span]
        repeated = np.flatnonzero((orders.data[span] > 1) & is_sold[products])
        best = repeated[np.argsort(-counts.data[span][repeated], kind="stable")]
        best = best[:MAX_REPEAT_CANDIDATES]
        shares = counts.data[span][best] / counts.data[span][best].max(initial=MIN_SCALE)
        yield [
            _build_repeat_candidate(str(purchases.products[products[position]]), share, is_habit)
            for position, share, is_habit in zip(best, shares, habits.data[span][best], strict=True)
        ]


def _build_repeat_candidate(product_id: str, share: float, is_habit: float) -> ProductCandidate:
    """Return a candidate that is its own reason if the person buys it by habit."""
    habit = max(round(float(share), 4), MIN_HABIT)
    return ProductCandidate(product_id, habit=habit, because=product_id if is_habit else "")
