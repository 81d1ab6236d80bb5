"""The groups a person belongs to: by the published segments, or by RFM rules among the present buyers."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from regulars.learning.contract import Dataset
from regulars.learning.scoring.champion_loading import Standing
from regulars.learning.segments import scorer as segments
from regulars.learning.segments.scorer import Rfm
from regulars.learning.segments.trainer import rules


class Segmented(NamedTuple):
    """A person's RFM scores and the name of their group in each scheme; None for who never bought."""

    rfm: Rfm | None
    names: dict[str, str | None]


class Segmentation:
    """One way to tell groups, the same for everybody in a dataset."""

    def __init__(self, model: Standing, dataset: Dataset) -> None:
        self._scorer: Mapping[str, Any] = model.loaded or rules(dataset)

    def of(self, features: Mapping[str, Any]) -> Segmented:
        """The groups of one person."""
        scores = segments.rfm(self._scorer, features)
        name = segments.rfm_segment(scores, features["orders"]) if scores else None
        cluster = segments.kmeans_segment(self._scorer, features)
        return Segmented(scores, {"rfm": name, "kmeans": cluster})

    def described(self, sizes: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
        """Every group in words, with how many people are in it."""
        return [
            {**segment._asdict(), "size": sizes.get((segment.scheme, segment.name), 0)}
            for segment in segments.segments(self._scorer)
        ]
