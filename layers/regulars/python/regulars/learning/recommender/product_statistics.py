"""Compute the demand trend, the re-buy rate and the popularity of each product."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regulars.learning.contract import FloatArray
from regulars.learning.recommender.purchases import DAY_SECONDS, Purchases
from regulars.learning.recommender.similarity import VOTE_DECIMALS

TREND_DAYS = 14.0
POPULARITY_HALF_LIFE_DAYS = 28.0
# Added to the buyers a day, so that a product that hardly sells has no extreme trend; in a large shop it is
# at least this share of the average product's buyers a day.
TREND_PRIOR_BUYERS_PER_DAY = 0.02
TREND_PRIOR_SHARE = 0.1
REBUY_PRIOR_BUYERS = 10.0
# A product whose silence has this probability, if it still sold as before, is no longer sold.
MIN_SILENCE_PROBABILITY = 0.001
MAX_SILENT_DAYS = 365.0


def compute_trend(purchases: Purchases, now: float, versus: float) -> FloatArray:
    """Return the log of each product's recent buyers a day, minus `versus` times the log of its long-run buyers a day.

    `versus` 1 gives the trend, 0 the recent popularity.
    """
    buyers = purchases.count_buyers() / max(purchases.span_days, TREND_DAYS)
    prior = TREND_PRIOR_BUYERS_PER_DAY
    if len(buyers):
        prior = max(prior, TREND_PRIOR_SHARE * float(buyers.mean()))
    recent_buyers = purchases.count_buyers(now - TREND_DAYS * DAY_SECONDS) / TREND_DAYS
    return np.round(np.log(recent_buyers + prior) - versus * np.log(buyers + prior), VOTE_DECIMALS)


def compute_rebuy_rates(purchases: Purchases) -> FloatArray:
    """Return the share of each product's buyers who bought it in more than one order.

    The share is mixed with that of the shop by an m-estimate (Cestnik, ECAI 1990) with m = 10 buyers.
    """
    orders = purchases.compute_decayed_counts(0.0, np.inf)
    buyers, repeat_buyers = (np.asarray((orders > n).sum(axis=0)).ravel() for n in (0, 1))
    shop_rate = repeat_buyers.sum() / max(buyers.sum(), 1)
    rates: FloatArray = (repeat_buyers + REBUY_PRIOR_BUYERS * shop_rate) / (
        buyers + REBUY_PRIOR_BUYERS
    )
    return np.round(rates, VOTE_DECIMALS)


def compute_popularity(purchases: Purchases, now: float) -> FloatArray:
    """Return the buyers of each product, where a buyer counts half 28 days after the last order of it."""
    ages = np.maximum(now - purchases.times, 0.0) / DAY_SECONDS / POPULARITY_HALF_LIFE_DAYS
    lines = pd.DataFrame(
        {
            "person": purchases.person_index,
            "product": purchases.product_index,
            "weight": np.power(0.5, ages),
        }
    )
    buyers = lines.groupby(["person", "product"], as_index=False)["weight"].max()
    popularity: FloatArray = np.bincount(
        buyers["product"].to_numpy(),
        weights=buyers["weight"].to_numpy(),
        minlength=len(purchases.products),
    )
    return popularity


def compute_repeat_share(purchases: Purchases) -> float:
    """Return the share of what people buy after their first order that they bought before.

    One purchase of each kind is added, so that a shop without a second order has a share of a half.
    """
    first_orders = np.full(len(purchases.people), np.inf)
    np.minimum.at(first_orders, purchases.person_index, purchases.times)
    pairs, pair_index = np.unique(purchases.pair_index, return_inverse=True)
    first_purchases = np.full(len(pairs), np.inf)
    np.minimum.at(first_purchases, pair_index, purchases.times)
    later = int(np.sum(purchases.times > first_orders[purchases.person_index]))
    repeated = int(np.sum(purchases.times > first_purchases[pair_index]))
    return (repeated + 1) / (later + 2)


def find_sold_products(purchases: Purchases) -> NDArray[np.bool_]:
    """Return whether each product is still sold, as far as its orders tell.

    The test is that of Solow (Ecology 74, 1993) for the extinction of a species: n sightings until the first and the last
    one are spread evenly over the time until now with probability ((last - first) / (now - first))^(n - 1). Time is
    counted in orders of the shop, so that a closed shop loses no product. A year without an order ends a product, too.
    """
    count = len(purchases.products)
    order_times, order_index = np.unique(purchases.times, return_inverse=True)
    if not len(order_times):
        return np.zeros(count, dtype=bool)
    orders = np.bincount(purchases.product_index, minlength=count)
    first, last = np.full(count, len(order_times)), np.zeros(count, dtype=int)
    np.minimum.at(first, purchases.product_index, order_index)
    np.maximum.at(last, purchases.product_index, order_index)
    span = np.maximum(len(order_times) - 1 - first, 1)
    probability = (np.maximum(last - first, 0) / span) ** np.maximum(orders - 1, 0)
    silent_days = (order_times[-1] - order_times[last]) / DAY_SECONDS
    is_recent = (orders > 0) & (silent_days <= MAX_SILENT_DAYS)
    is_sold: NDArray[np.bool_] = is_recent & (probability >= MIN_SILENCE_PROBABILITY)
    return is_sold
