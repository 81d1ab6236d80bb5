"""Checks which ledgers of the SDK suite count as failures."""

import pytest

from regulars.domain.events import Event
from regulars.domain.identifiers import normalize_identifier, subject_keys
from tests.conformance.sdks.fault_proxy import NO_FAULT
from tests.conformance.sdks.sdk_cases import PYTHON_DRIVER, Sdk, SdkCase

PEPPER = b"pepper"
SOME_SDK = Sdk(
    name="some-sdk 1.0", driver=PYTHON_DRIVER, package="some", event_types=("Page Viewed",)
)
SDK_CASE = SdkCase(SOME_SDK, NO_FAULT)


def build_event(type_: str, user: str = SDK_CASE.name) -> Event:
    subjects = subject_keys([normalize_identifier("user_id", user)], PEPPER)
    return Event(
        id="id",
        type=type_,
        channel="web",
        source="segment/x",
        occurred_at="",
        received_at="",
        subjects=subjects,
    )


@pytest.mark.parametrize(
    ("events", "failures"),
    [
        ([build_event("Page Viewed")], []),
        ([], ["Page Viewed exists 0 times"]),
        ([build_event("Page Viewed")] * 2, ["Page Viewed exists 2 times"]),
        ([build_event("Page Viewed", "another buyer")], ["Page Viewed lacks an identity"]),
        ([build_event("Page Viewed"), build_event("Grouped")], ["Grouped exists 1 times"]),
    ],
)
def test_case_requires_each_event_once_with_its_buyer(
    events: list[Event], failures: list[str]
) -> None:
    assert SDK_CASE.list_failures(events, PEPPER) == failures
