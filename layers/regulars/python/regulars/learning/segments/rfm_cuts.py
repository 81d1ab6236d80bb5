"""Compute the cuts of RFM scores from a shop's own buyers, keep those that still fit, and count the segments they give."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from regulars.learning.contract import FloatArray
from regulars.learning.segments.scorer import choose_rfm_segment, score_rfm

MIN_BUYERS_FOR_QUANTILES = 25
_SCORE_COLUMNS = {"recency": "recency_days", "frequency": "orders", "monetary": "money"}
_RHYTHM_OPTIONS_DAYS = (30, 60, 90, 180, 365, 730)
_RHYTHM_QUANTILE = 0.8  # of the gaps between purchase days
_RHYTHM_TOLERANCE = (
    0.8  # by this factor the gaps may be shorter, or longer, before the rhythm changes
)
_RECENCY_SHARES = (0.25, 0.5, 1.0, 2.0)  # of the rhythm
_QUINTILE_SHARES = (0.2, 0.4, 0.6, 0.8)
# A low score is clearly below the median, whatever the quintiles, and a high one above it.
_MEDIAN_SHARES = (0.5, 0.75, 1.0, 1.5)
_MIN_ORDER_COUNTS = (1.0, 1.0, 2.0, 3.0)  # one order is the lowest score, two are not often
_SMALL_SHOP_ORDER_COUNTS = (1.0, 2.0, 4.0, 8.0)
_SMALL_SHOP_MONEY_SHARES = (0.25, 0.75, 1.5, 3.0)  # of the median
# Previous cuts stay as long as they lie within the cuts of so many more, and of so many fewer, of the buyers.
_TOLERATED_SHARE = 0.1


def compute_rfm_cuts(
    buyers: pd.DataFrame, horizon_days: int, previous: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the shop's rhythm, and four ascending cuts for each score as `<score>_cuts`.

    Recency is cut at shares of the rhythm, so that a long silence is long in any shop. Orders and money are cut at
    quintiles (A. M. Hughes, "Strategic Database Marketing", 1994) within bounds around the median; below 25 buyers at
    fixed numbers of orders and shares of the median buyer's money. `previous` cuts that still divide the buyers in
    nearly the same way stay, so that nobody moves because of others.
    """
    kept = previous or {}
    rhythm_days = _choose_rhythm(buyers, horizon_days, kept.get("rhythm_days"))
    return {
        "rhythm_days": rhythm_days,
        "recency_cuts": [share * rhythm_days for share in _RECENCY_SHARES],
        "frequency_cuts": _renew_cuts(
            _compute_frequency_cuts, buyers["orders"], kept.get("frequency_cuts")
        ),
        "monetary_cuts": _renew_cuts(
            _compute_monetary_cuts, buyers["money"], kept.get("monetary_cuts")
        ),
    }


def count_rfm_segments(scorer: Mapping[str, Any], buyers: pd.DataFrame) -> dict[str, int]:
    """Return the number of buyers in each RFM segment that has any, by name."""
    sizes: dict[str, int] = {}
    for features in buyers[[*_SCORE_COLUMNS.values()]].to_dict("records"):
        scores = score_rfm(scorer, features)  # type: ignore[arg-type]
        name = choose_rfm_segment(scores, features["orders"]).name if scores else ""
        sizes[name] = sizes.get(name, 0) + 1
    return dict(sorted(sizes.items()))


def _choose_rhythm(buyers: pd.DataFrame, horizon_days: int, previous: int | None) -> int:
    """Return the days within which most regular buyers order again: an option, or the horizon of a shop without any."""
    gap_days = _find_usual_gap(buyers)
    if gap_days is None:
        return previous or horizon_days
    if previous and (
        _round_to_option(gap_days * _RHYTHM_TOLERANCE)
        <= previous
        <= _round_to_option(gap_days / _RHYTHM_TOLERANCE)
    ):
        return previous
    return _round_to_option(gap_days)


def _find_usual_gap(buyers: pd.DataFrame) -> float | None:
    """Return the quantile of the mean gaps of regular buyers, weighted by their numbers of gaps."""
    if not {"gap_mean", "purchase_days"} <= set(buyers.columns):
        return None
    regulars = buyers[buyers["purchase_days"] > 1].sort_values("gap_mean")
    if regulars.empty:
        return None
    gaps = (regulars["purchase_days"] - 1).cumsum().to_numpy()
    position = int(np.searchsorted(gaps, _RHYTHM_QUANTILE * gaps[-1]))
    return float(regulars["gap_mean"].iloc[position])


def _round_to_option(days: float) -> int:
    return min(
        (option for option in _RHYTHM_OPTIONS_DAYS if option >= days),
        default=_RHYTHM_OPTIONS_DAYS[-1],
    )


def _renew_cuts(
    compute: Callable[[FloatArray, float], FloatArray],
    buyers: "pd.Series[float]",
    previous: list[float] | None,
) -> list[float]:
    """Return the previous cuts if they are still near the quintiles, else new ones."""
    values: FloatArray = np.asarray(buyers, dtype=np.float64)
    if previous:
        lowest, highest = (
            compute(values, shift) for shift in (-_TOLERATED_SHARE, _TOLERATED_SHARE)
        )
        if (lowest <= previous).all() and (previous <= highest).all():
            return list(previous)
    cuts: list[float] = compute(values, 0.0).tolist()
    return cuts


def _compute_frequency_cuts(orders: FloatArray, shift: float) -> FloatArray:
    if len(orders) < MIN_BUYERS_FOR_QUANTILES:
        return np.array(_SMALL_SHOP_ORDER_COUNTS)
    return np.maximum(_compute_bounded_quintiles(orders, shift), _MIN_ORDER_COUNTS)


def _compute_monetary_cuts(money: FloatArray, shift: float) -> FloatArray:
    if len(money) < MIN_BUYERS_FOR_QUANTILES:
        return np.array(_SMALL_SHOP_MONEY_SHARES) * _find_median(money, shift)
    return _compute_bounded_quintiles(money, shift)


def _compute_bounded_quintiles(values: FloatArray, shift: float) -> FloatArray:
    """Return the quintiles; the lower two are at most, the upper two at least, their share of the median."""
    quintiles = np.quantile(values, np.array(_QUINTILE_SHARES) + shift)
    bounds = np.array(_MEDIAN_SHARES) * _find_median(values, shift)
    low, high = np.minimum(quintiles, bounds)[:2], np.maximum(quintiles, bounds)[2:]
    return np.concatenate([low, high])


def _find_median(values: FloatArray, shift: float) -> float:
    """Return the median, or the quantile that is `shift` above it."""
    return float(np.quantile(values, 0.5 + shift)) if len(values) else 0.0
