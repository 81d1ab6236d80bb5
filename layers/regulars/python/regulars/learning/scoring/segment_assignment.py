"""Find the segments of a person: by the published scorer, or by RFM cuts of the present buyers when there is none."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from regulars.learning.contract import Dataset
from regulars.learning.scoring.champion_loading import LoadedChampion
from regulars.learning.segments import scorer as segments
from regulars.learning.segments.scorer import RfmScores, Segment
from regulars.learning.segments.trainer import fit_rfm_rules


class BuyerSegments(NamedTuple):
    """A person's RFM scores, and the segment by scheme; None for a person who never bought."""

    rfm: RfmScores | None
    by_scheme: dict[str, Segment | None]

    @property
    def names(self) -> dict[str, str | None]:
        """The name of the segment by scheme."""
        return {name: segment and segment.name for name, segment in self.by_scheme.items()}

    @property
    def ids(self) -> dict[str, str | None]:
        """The id of the segment by scheme."""
        return {name: segment and segment.id for name, segment in self.by_scheme.items()}


class SegmentAssigner:
    """Assign the people of a dataset to segments."""

    def __init__(self, champion: LoadedChampion, dataset: Dataset) -> None:
        scorer = champion.artifact
        is_usable = scorer and segments.is_current(scorer)
        self._scorer: Mapping[str, Any] = scorer if is_usable else fit_rfm_rules(dataset)

    def find_segments(self, features: Mapping[str, Any]) -> BuyerSegments:
        """Return the segments of one person."""
        scores = segments.score_rfm(self._scorer, features)
        rfm_segment = segments.choose_rfm_segment(scores, features["orders"]) if scores else None
        kmeans_segment = segments.find_kmeans_segment(self._scorer, features)
        return BuyerSegments(scores, {"rfm": rfm_segment, "kmeans": kmeans_segment})

    def describe_segments(self, sizes: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
        """Return every segment with its size; `sizes` are by scheme and id."""
        return [
            {**segment._asdict(), "size": sizes.get((segment.scheme, segment.id), 0)}
            for segment in segments.list_segments(self._scorer)
        ]
