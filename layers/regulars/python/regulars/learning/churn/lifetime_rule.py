"""Fit the buy-till-you-die rule to a shop's present buyers, however few: the most probable parameters under a prior."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from regulars.learning.churn.lifetime_scorer import (
    LifetimeParameters,
    PurchaseHistory,
    add_logarithms,
    predict_log_odds,
    read_history,
    weigh_fates,
)
from regulars.learning.contract import Dataset, FloatArray

_MAX_FITTED_BUYERS = 500  # more do not change four parameters
_MAX_GAP_SHAPE = 12
# Normal priors of what describes a shop. They are centred between the published estimates for the CDNOW buyers:
# r = 0.243, a = 0.793, b = 2.426 (BG/NBD; Fader, Hardie and Lee, Marketing Science, 2005), and r = 0.525, a = 0.891,
# b = 1.614 (MBG/NBD, the example of the R package BTYDplus). The pace of a shop is hardly known, so its prior is wide.
_PRIOR_POINT = np.array([math.log(0.5), math.log(0.5), math.log(0.25 / 0.75), math.log(3)])
_PRIOR_DEVIATIONS = np.array([1.0, 1.5, 1.0, 0.7])
_MAX_PRIOR_DEVIATIONS = 4.0
# One buyer with three purchase days at random gaps, whose expected squared coefficient of variation is 1/3.
_PRIOR_GAPS, _PRIOR_GAP_RATIO = 2.0, 1 / 3


def fit_lifetime_rule(dataset: Dataset) -> dict[str, Any]:
    """Return a scorer of kind `lifetime`; without buyers it holds the prior alone."""
    rows = dataset.scoring_rows
    buyers = rows[rows["orders"] > 0].sort_values("profile_id")
    horizon_days = float(dataset.manifest.horizon_days)
    sample = buyers.sample(min(_MAX_FITTED_BUYERS, len(buyers)), random_state=0)
    histories = [read_history(row) for row in sample.to_dict("records")]  # type: ignore[arg-type]
    regularity = estimate_regularity(buyers)
    parameters = _fit_parameters(histories, regularity, horizon_days)
    typical = _find_typical_history(histories, horizon_days)
    return {
        "kind": "lifetime",
        "parameters": parameters._asdict(),
        "horizon_days": horizon_days,
        "typical_silence": typical.age - typical.last,
        "base": predict_log_odds(parameters, typical, horizon_days),
    }


def estimate_regularity(buyers: pd.DataFrame) -> int:
    """Return k, the shape of the gaps between purchase days, from the variation of each buyer's own gaps.

    For n gamma gaps of shape k, the expected ratio of their variance (divided by n) to their squared mean is
    (n - 1) / (n k + 1), whatever their rate: the sum of gamma variables is independent of their shares (Lukacs, 1955).
    """
    if not {"gap_mean", "gap_std"} <= set(buyers.columns):
        return 1
    regulars = buyers[buyers["purchase_days"] > _PRIOR_GAPS]
    gaps = np.append(regulars["purchase_days"].to_numpy(dtype=np.float64) - 1, _PRIOR_GAPS)
    own_variation = (regulars["gap_std"] / regulars["gap_mean"].clip(lower=1)) ** 2
    variation = own_variation.sum() + _PRIOR_GAP_RATIO
    fitting = [
        k for k in range(1, _MAX_GAP_SHAPE + 1) if variation <= ((gaps - 1) / (gaps * k + 1)).sum()
    ]
    return max(fitting, default=1)


def _fit_parameters(
    histories: Sequence[PurchaseHistory], regularity: int, horizon_days: float
) -> LifetimeParameters:
    def measure_misfit(point: FloatArray) -> float:
        parameters = _to_parameters(point, regularity, horizon_days)
        fates = (weigh_fates(parameters, history) for history in histories)
        distance = (point - _PRIOR_POINT) / _PRIOR_DEVIATIONS
        return float((distance**2).sum()) / 2 - math.fsum(add_logarithms(*fate) for fate in fates)

    reach = _MAX_PRIOR_DEVIATIONS * _PRIOR_DEVIATIONS
    bounds = list(zip(_PRIOR_POINT - reach, _PRIOR_POINT + reach, strict=True))
    fitted = minimize(measure_misfit, _PRIOR_POINT, method="L-BFGS-B", bounds=bounds)
    return _to_parameters(fitted.x, regularity, horizon_days)


def _to_parameters(point: FloatArray, regularity: int, horizon_days: float) -> LifetimeParameters:
    """Return the parameters of a point.

    Its coordinates are the logarithms of the rate's shape and of the orders within a horizon, the log-odds of leaving
    after an order, and the logarithm of how alike buyers are in it.
    """
    shape, orders, odds, weight = (math.exp(value) for value in point.tolist())
    leave_share = odds / (1 + odds)
    return LifetimeParameters(
        regularity=regularity,
        rate_shape=shape,
        rate_days=shape * horizon_days / (regularity * orders),
        leave=weight * leave_share,
        stay=weight * (1 - leave_share),
    )


def _find_typical_history(
    histories: Sequence[PurchaseHistory], horizon_days: float
) -> PurchaseHistory:
    """Return the medians of the buyers' histories."""
    if not histories:
        return PurchaseHistory(repeats=0.0, last=0.0, age=horizon_days)
    repeats, silence, age = np.median(
        [(history.repeats, history.age - history.last, history.age) for history in histories],
        axis=0,
    ).tolist()
    return PurchaseHistory(repeats=repeats, last=max(age - silence, 0.0), age=age)
