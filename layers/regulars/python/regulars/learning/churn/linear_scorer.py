"""Score a published logistic regression in plain Python: what each feature adds to a person's log-odds."""

import math
from collections.abc import Mapping
from typing import Any


def compute_contributions(
    scorer: Mapping[str, Any], features: Mapping[str, float]
) -> dict[str, float]:
    """Return what each feature adds to the log-odds of an average person; it is read as log(1 + x) within bounds."""
    return {
        name: weight * (min(max(math.log1p(max(features[name], 0.0)), low), high) - mean)
        for name, (weight, mean, low, high) in scorer["weights"].items()
    }
