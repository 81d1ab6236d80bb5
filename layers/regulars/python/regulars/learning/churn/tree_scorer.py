"""Score published boosted trees in plain Python: what each split adds to a person's log-odds."""

from collections.abc import Mapping
from typing import Any


def compute_contributions(
    scorer: Mapping[str, Any], features: Mapping[str, float]
) -> dict[str, float]:
    """Return what each feature adds to the log-odds of an average person.

    A split on the path to a leaf changes the mean outcome of the people on the same path; the change counts for the
    feature of the split (A. Saabas, "Interpreting random forests", 2014). The contributions and the scorer's base add
    up to the sum of the trees exactly.
    """
    names = scorer["features"]
    contributions = dict.fromkeys(names, 0.0)
    for tree in scorer["trees"]:
        node = 0
        while (split := tree["feature"][node]) >= 0:
            goes_left = features[names[split]] <= tree["threshold"][node]
            child = tree["left"][node] if goes_left else tree["right"][node]
            contributions[names[split]] += tree["value"][child] - tree["value"][node]
            node = child
    return contributions
