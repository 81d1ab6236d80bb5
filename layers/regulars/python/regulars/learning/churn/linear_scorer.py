"""A logistic regression as plain numbers: the sum of what each feature of a person adds to the log-odds."""

import math
from collections.abc import Mapping
from typing import Any


def contributions(scorer: Mapping[str, Any], features: Mapping[str, float]) -> dict[str, float]:
    """What each feature adds to the log-odds of a typical person; a feature is read as log(1 + x) within bounds."""
    return {
        name: weight * (min(max(math.log1p(max(features[name], 0.0)), low), high) - typical)
        for name, (weight, typical, low, high) in scorer["weights"].items()
    }
