"""Compute the cuts of RFM scores from a shop's own buyers, and the sizes of the segments they give."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from regulars.learning.segments.scorer import choose_rfm_segment, score_rfm

MIN_BUYERS_FOR_QUANTILES = 25
_SCORE_COLUMNS = {"recency": "recency_days", "frequency": "orders", "monetary": "money"}


def compute_rfm_cuts(buyers: pd.DataFrame, horizon_days: int) -> dict[str, list[float]]:
    """Return four ascending cuts for each score as `<score>_cuts`.

    The cuts are quintiles (A. M. Hughes, "Strategic Database Marketing", 1994). Below 25 buyers they are fixed
    fractions and multiples of the horizon, of one order and of the median buyer's money.
    """
    if len(buyers) < MIN_BUYERS_FOR_QUANTILES:
        median_money = float(buyers["money"].median())
        return {
            "recency_cuts": [share * horizon_days for share in (0.25, 0.5, 1.0, 2.0)],
            "frequency_cuts": [1.0, 2.0, 4.0, 8.0],
            "monetary_cuts": [share * median_money for share in (0.25, 0.75, 1.5, 3.0)],
        }
    return {
        f"{score}_cuts": np.quantile(buyers[column], (0.2, 0.4, 0.6, 0.8)).tolist()
        for score, column in _SCORE_COLUMNS.items()
    }


def count_rfm_segments(scorer: Mapping[str, Any], buyers: pd.DataFrame) -> dict[str, int]:
    """Return the number of buyers in each RFM segment that has any, by name."""
    sizes: dict[str, int] = {}
    for features in buyers[[*_SCORE_COLUMNS.values()]].to_dict("records"):
        scores = score_rfm(scorer, features)  # type: ignore[arg-type]
        name = choose_rfm_segment(scores, features["orders"]) if scores else ""
        sizes[name] = sizes.get(name, 0) + 1
    return dict(sorted(sizes.items()))
