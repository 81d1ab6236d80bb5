"""Give clusters ids that stay: a cluster takes over the id of the champion's cluster that has most of the same people."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from regulars.domain.manifests import hash_bytes
from regulars.learning.segments.clustering import predict_clusters
from regulars.learning.segments.scorer import Segment

# Of the people who are in one of two clusters, more than this share is in both. Above one half, only one pair can have it.
_MIN_COMMON_SHARE = 0.5


def create_ids(kmeans: Mapping[str, Any], dataset_id: str) -> dict[str, Any]:
    """Return the clusters with new ids; the same dataset gives the same ones."""
    segments = [
        _set_id(segment, f"kmeans-{hash_bytes(f'{dataset_id}/{number}'.encode())[:8]}")
        for number, segment in enumerate(kmeans["segments"])
    ]
    return {**kmeans, "segments": segments}


def match_ids(
    kmeans: Mapping[str, Any], champion: Mapping[str, Any], buyers: pd.DataFrame
) -> dict[str, Any]:
    """Return the clusters with the champion's ids where both assign most of the same present buyers to a cluster."""
    new_labels = predict_clusters({"kmeans": kmeans}, buyers)
    old_labels = predict_clusters({"kmeans": champion}, buyers)
    segments = list(kmeans["segments"])
    for new, old in np.ndindex(len(segments), len(champion["segments"])):
        if _measure_common_share(new_labels == new, old_labels == old) > _MIN_COMMON_SHARE:
            segments[new] = _set_id(segments[new], champion["segments"][old][0])
    return {**kmeans, "segments": segments}


def _measure_common_share(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return the Jaccard index of two groups."""
    return float((first & second).sum()) / max(int((first | second).sum()), 1)


def _set_id(segment: list[str], id_: str) -> list[str]:
    return list(Segment(*segment)._replace(id=id_))
