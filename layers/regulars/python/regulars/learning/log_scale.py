"""The scale on which models see amounts, counts and days: what doubles is one step, wherever it starts."""

import numpy as np
import pandas as pd

from regulars.learning.contract import Floats


def logarithms(
    rows: pd.DataFrame, low: Floats | float = 0.0, high: Floats | float = np.inf
) -> Floats:
    """log(1 + x) of every value within bounds; values below 0 are taken as 0."""
    values: Floats = np.clip(np.log1p(np.maximum(rows.to_numpy(dtype=np.float64), 0.0)), low, high)
    return values
