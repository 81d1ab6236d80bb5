"""Compute the demand trend, the re-buy rate and the popularity of each product."""

import numpy as np
import pandas as pd

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
