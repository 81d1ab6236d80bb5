"""Transform amounts, counts and days to the logarithmic scale on which models see them.

Doubling a value is the same step everywhere on this scale.
"""

import numpy as np
import pandas as pd

from regulars.learning.contract import FloatArray


def to_log_scale(
    rows: pd.DataFrame, low: FloatArray | float = 0.0, high: FloatArray | float = np.inf
) -> FloatArray:
    """Return log(1 + x) of every value, clipped to `low` and `high`; negative values count as 0."""
    values: FloatArray = np.clip(
        np.log1p(np.maximum(rows.to_numpy(dtype=np.float64), 0.0)), low, high
    )
    return values
