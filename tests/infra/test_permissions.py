"""No role allows more than its function was seen to use by all of its tests, which run under the table of roles."""

from pathlib import Path

import boto3
import pytest

from tests.support.aws import Deployed
from tests.support.permissions import ROLE_ENFORCER
from tests.support.roles import ROLE_GRANTS, UNOBSERVED_GRANTS, list_allowed, matches_pattern

FUNCTION_TESTS = Path(__file__).parents[1] / "functions"


def unused(function: str, used: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """What the role allows and nobody needed."""
    return sorted(
        (pattern, action)
        for pattern, actions in list_allowed(function).items()
        for action in actions
        if (function, pattern, action) not in UNOBSERVED_GRANTS
        and not any(
            matches_pattern(resource, pattern) and action == seen for resource, seen in used
        )
    )


@pytest.mark.parametrize("function", sorted(ROLE_GRANTS))
def test_role_allows_nothing_that_its_function_never_uses(
    function: str, request: pytest.FixtureRequest
) -> None:
    ran = {item.path for item in request.session.items}
    if not ran >= set(FUNCTION_TESTS.glob("test_*.py")):
        pytest.skip("Needs the tests of all functions in the same run.")
    assert unused(function, ROLE_ENFORCER.used.get(function, set())) == []


def test_unused_permission_is_named() -> None:
    used = {("events", "PutItem"), ("lake/events/dt=2026-01-01/a.gz", "PutObject")}
    assert ("rejects", "PutItem") in unused("archive_events", used)
    assert ("events", "PutItem") not in unused("archive_events", used)


def test_call_outside_the_role_fails_even_when_it_is_swallowed(aws: Deployed) -> None:
    def read_people() -> None:
        try:
            boto3.client("dynamodb").scan(TableName="test-people")
        except Exception:  # noqa: BLE001
            return

    with pytest.raises(AssertionError, match="archive_events may not Scan on people"):
        ROLE_ENFORCER.wrap_handler("archive_events", read_people)()


def test_call_within_the_role_passes(aws: Deployed) -> None:
    def put() -> None:
        boto3.client("s3").put_object(Bucket="test-lake", Key="events/dt=x/a", Body=b"")

    ROLE_ENFORCER.wrap_handler("archive_events", put)()
    assert ("lake/events/dt=x/a", "PutObject") in ROLE_ENFORCER.used["archive_events"]
