"""Segments are found by id and by name, also those that were published before segments had ids."""

import pytest

from regulars.api.segment_pages import find_segment
from regulars.domain.errors import NotFoundError

BEST_SEGMENT = {"id": "rfm-01", "name": "champions", "scheme": "rfm"}
CLUSTER_SEGMENT = {"id": "kmeans-1a2b3c4d", "name": "silent-buyers", "scheme": "kmeans"}
OLD_SEGMENT = {"name": "lost", "scheme": "rfm"}


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("rfm-01", BEST_SEGMENT),
        ("champions", BEST_SEGMENT),
        ("rfm:champions", BEST_SEGMENT),
        ("kmeans-1a2b3c4d", CLUSTER_SEGMENT),
        ("lost", OLD_SEGMENT),
        ("rfm:lost", OLD_SEGMENT),
    ],
)
def test_segment_is_found_by_id_and_by_name(name: str, segment: dict[str, str]) -> None:
    assert find_segment(name, [BEST_SEGMENT, CLUSTER_SEGMENT, OLD_SEGMENT]) == segment


@pytest.mark.parametrize("name", ["kmeans:champions", "rfm", ""])
def test_unknown_segment_is_not_found(name: str) -> None:
    with pytest.raises(NotFoundError):
        find_segment(name, [BEST_SEGMENT, CLUSTER_SEGMENT, OLD_SEGMENT])
