"""Find the segments of a person: by the published scorer, or by RFM cuts of the present buyers when there is none."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from regulars.learning.contract import Dataset
from regulars.learning.scoring.champion_loading import LoadedChampion
from regulars.learning.segments import scorer as segments
from regulars.learning.segments.scorer import RfmScores
from regulars.learning.segments.trainer import fit_rfm_rules


class BuyerSegments(NamedTuple):
    """A person's RFM scores, and the segment's name by scheme; None for a person who never bought."""

    rfm: RfmScores | None
    names: dict[str, str | None]


class SegmentAssigner:
    """Assign the people of a dataset to segments."""

    def __init__(self, champion: LoadedChampion, dataset: Dataset) -> None:
        self._scorer: Mapping[str, Any] = champion.artifact or fit_rfm_rules(dataset)

    def find_segments(self, features: Mapping[str, Any]) -> BuyerSegments:
        """Return the segments of one person."""
        scores = segments.score_rfm(self._scorer, features)
        rfm_name = segments.choose_rfm_segment(scores, features["orders"]) if scores else None
        kmeans_name = segments.find_kmeans_segment(self._scorer, features)
        return BuyerSegments(scores, {"rfm": rfm_name, "kmeans": kmeans_name})

    def describe_segments(self, sizes: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
        """Return every segment with its size; `sizes` are by scheme and name."""
        return [
            {**segment._asdict(), "size": sizes.get((segment.scheme, segment.name), 0)}
            for segment in segments.list_segments(self._scorer)
        ]
