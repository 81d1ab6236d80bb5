"""Checks that no role allows an action that the tests of its function, which run under that role, do not use."""

from pathlib import Path

import boto3
import pytest

from tests.support.aws import MotoStack
from tests.support.permissions import ROLE_ENFORCER
from tests.support.roles import ROLE_GRANTS, UNOBSERVED_GRANTS, list_allowed, matches_pattern

FUNCTION_TESTS_FOLDER = Path(__file__).parents[1] / "functions"


def list_unused_actions(function: str, used: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return each resource pattern and action that the role allows and no test used."""
    return sorted(
        (pattern, action)
        for pattern, actions in list_allowed(function).items()
        for action in actions
        if (function, pattern, action) not in UNOBSERVED_GRANTS
        and not any(
            matches_pattern(resource, pattern) and action == used_action
            for resource, used_action in used
        )
    )


@pytest.mark.parametrize("function", sorted(ROLE_GRANTS))
def test_role_allows_only_actions_that_its_function_uses(
    function: str, request: pytest.FixtureRequest
) -> None:
    test_files = {item.path for item in request.session.items}
    if not test_files >= set(FUNCTION_TESTS_FOLDER.glob("test_*.py")):
        pytest.skip("Needs the tests of all functions in the same run.")
    assert list_unused_actions(function, ROLE_ENFORCER.used.get(function, set())) == []


def test_unused_action_is_listed_with_its_resource() -> None:
    used = {("events", "PutItem"), ("lake/events/dt=2026-01-01/a.gz", "PutObject")}
    assert ("rejects", "PutItem") in list_unused_actions("archive_events", used)
    assert ("events", "PutItem") not in list_unused_actions("archive_events", used)


def test_denied_call_fails_the_test_when_caught(aws: MotoStack) -> None:
    def read_people() -> None:
        try:
            boto3.client("dynamodb").scan(TableName="test-people")
        except Exception:  # noqa: BLE001
            return

    with pytest.raises(AssertionError, match="archive_events may not Scan on people"):
        ROLE_ENFORCER.wrap_handler("archive_events", read_people)()


def test_allowed_call_succeeds_and_is_recorded(aws: MotoStack) -> None:
    def put_object() -> None:
        boto3.client("s3").put_object(Bucket="test-lake", Key="events/dt=x/a", Body=b"")

    ROLE_ENFORCER.wrap_handler("archive_events", put_object)()
    assert ("lake/events/dt=x/a", "PutObject") in ROLE_ENFORCER.used["archive_events"]
