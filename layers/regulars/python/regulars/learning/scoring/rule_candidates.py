"""Generate candidates by rules, for a shop without a recommender: own repeat purchases, then what is popular."""

from collections.abc import Iterable, Iterator

import numpy as np

from regulars.learning.recommender.hybrid_model import HISTORY_HALF_LIFE_DAYS, MAX_REPEAT_CANDIDATES
from regulars.learning.recommender.product_statistics import compute_popularity
from regulars.learning.recommender.purchases import Purchases
from regulars.learning.recommender.scorer import ProductCandidate

MAX_POPULAR_PRODUCTS = 50


def rank_popular(purchases: Purchases, now: float) -> list[tuple[str, float]]:
    """Return ids and popularity of the most popular products, best first."""
    popularity = compute_popularity(purchases, now)
    best = np.argsort(-popularity, kind="stable")[:MAX_POPULAR_PRODUCTS]
    return [(str(purchases.products[index]), round(float(popularity[index]), 4)) for index in best]


def generate_rule_candidates(purchases: Purchases, now: float) -> Iterator[list[ProductCandidate]]:
    """Yield for each person the products bought in more than one order, the most frequent and the latest first."""
    counts = purchases.compute_decayed_counts(now, HISTORY_HALF_LIFE_DAYS)
    orders = purchases.compute_decayed_counts(now, np.inf)
    for person in range(counts.shape[0]):
        span = slice(counts.indptr[person], counts.indptr[person + 1])
        repeated = np.flatnonzero(orders.data[span] > 1)
        repeat_counts = counts.data[span][repeated]
        best = np.argsort(-repeat_counts, kind="stable")[:MAX_REPEAT_CANDIDATES]
        product_ids = purchases.products[counts.indices[span][repeated[best]]]
        largest = repeat_counts.max(initial=0.0)
        habit = np.round(repeat_counts[best] / largest, 4) if len(best) else repeat_counts
        yield _build_repeat_candidates(product_ids, habit)


def _build_repeat_candidates(
    product_ids: Iterable[str], habit: Iterable[float]
) -> list[ProductCandidate]:
    return [
        ProductCandidate(product_id=str(product_id), habit=float(share), because=str(product_id))
        for product_id, share in zip(product_ids, habit, strict=True)
    ]
