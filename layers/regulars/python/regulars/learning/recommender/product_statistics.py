"""Demand trend, re-buy rate and popularity of each product."""

import numpy as np
import pandas as pd

from regulars.learning.recommender.purchases import DAY, Codes, Floats, Purchases
from regulars.learning.recommender.similarity import DECIMALS

RECENT_DAYS = 14.0


POPULAR_HALF_LIFE_DAYS = 28.0


RARE = 0.02  # buyers a day, added so that a product hardly sold has no wild trend …


RARE_SHARE = 0.1  # … and in a large shop this share of the average product's


PRIOR_BUYERS = 10.0  # how many average buyers a product's re-buy rate is mixed with


def trend(bought: Purchases, now: float, versus: float) -> Floats:
    """How much more a product is bought now than in the long run, in log buyers a day."""
    buyers = bought.buyers() / max(bought.span_days, RECENT_DAYS)
    rare = max(RARE, RARE_SHARE * float(buyers.mean())) if len(buyers) else RARE
    recent = np.log(bought.buyers(now - RECENT_DAYS * DAY) / RECENT_DAYS + rare)
    return np.round(recent - versus * np.log(buyers + rare), DECIMALS)


def rebuy(bought: Purchases) -> Floats:
    """The share of each product's buyers who bought it in more than one order, shrunk to the shop's."""
    orders = bought.decayed(0.0, np.inf)
    buyers, again = (np.asarray((orders > n).sum(axis=0)).ravel() for n in (0, 1))
    shop = again.sum() / max(buyers.sum(), 1)
    shrunk: Floats = (again + PRIOR_BUYERS * shop) / (buyers + PRIOR_BUYERS)
    return np.round(shrunk, DECIMALS)


def popularity(bought: Purchases, now: float) -> Floats:
    """Buyers of each product, each halved every 28 days since their last order of it."""
    weight = np.power(0.5, np.maximum(now - bought.at, 0.0) / DAY / POPULAR_HALF_LIFE_DAYS)
    latest = pd.DataFrame({"person": bought.person, "product": bought.product, "weight": weight})
    each = latest.groupby(["person", "product"], as_index=False)["weight"].max()
    return _per_product(each["product"].to_numpy(), each["weight"].to_numpy(), bought)


def _per_product(product: Codes, weight: Floats, bought: Purchases) -> Floats:
    summed: Floats = np.bincount(product, weights=weight, minlength=len(bought.products))
    return summed
