"""Boosted trees as plain numbers: the value of the leaves a person falls into, and which splits led there."""

from collections.abc import Mapping
from typing import Any


def contributions(scorer: Mapping[str, Any], features: Mapping[str, float]) -> dict[str, float]:
    """What each feature adds to the log-odds of a typical person.

    On the way down a tree every split changes the mean outcome of the people who go the same way; the change counts
    for the feature that was split on (Saabas' attribution). Together with the scorer's base the contributions
    are the tree sum exactly.
    """
    added = dict.fromkeys(scorer["features"], 0.0)
    names = scorer["features"]
    for tree in scorer["trees"]:
        node = 0
        while (split := tree["feature"][node]) >= 0:
            goes_left = features[names[split]] <= tree["threshold"][node]
            child = tree["left"][node] if goes_left else tree["right"][node]
            added[names[split]] += tree["value"][child] - tree["value"][node]
            node = child
    return added
