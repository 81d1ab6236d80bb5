"""Which events request something for a person."""

from typing import Any

import pytest

from regulars.domain.privacy_requests import read_request_kind
from tests.support.profile_stories import build_event

DELETION_TYPE = "Customer Deletion Requested"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"type": "Customer Data Requested"}, "access"),
        ({"type": DELETION_TYPE, "properties": {"request": "customers/redact"}}, "erasure"),
        ({"type": DELETION_TYPE}, "erasure"),
        ({"type": DELETION_TYPE, "properties": {"request": "customers/data_request"}}, "access"),
        ({"type": DELETION_TYPE, "test": True}, ""),
        ({"type": "Page Viewed", "properties": {"request": "customers/data_request"}}, ""),
    ],
)
def test_kind_of_request_is_read_from_the_event(fields: dict[str, Any], kind: str) -> None:
    assert read_request_kind(build_event("one", "e:ann", **fields)) == kind
