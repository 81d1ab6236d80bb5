"""Checks least privilege: each role allows exactly the actions of the table, with wildcards only where AWS needs them."""

import pytest

from tests.support.roles import ROLE_GRANTS
from tests.support.template import Template, to_list


@pytest.mark.parametrize("name", sorted(ROLE_GRANTS))
def test_role_allows_exactly_the_actions_of_the_table(template: Template, name: str) -> None:
    granted_actions = {
        resource: " ".join(sorted(action.split(":")[1] for action in actions))
        for resource, actions in template.list_grants(name).items()
    }
    assert granted_actions == ROLE_GRANTS[name] | {"logs": "CreateLogStream PutLogEvents"}


def test_every_role_is_in_the_table(template: Template) -> None:
    assert sorted(template.list_functions()) == sorted(ROLE_GRANTS)


def test_roles_allow_no_action_by_wildcard(template: Template) -> None:
    granted_actions = [
        actions for name in ROLE_GRANTS for actions in template.list_grants(name).values()
    ]
    assert not [action for actions in granted_actions for action in actions if "*" in action]


def test_roles_have_no_managed_policies(template: Template) -> None:
    roles = template.list_resources("AWS::IAM::Role").values()
    assert not [role for role in roles if role.get("ManagedPolicyArns")]


def test_wildcards_cover_only_keys_below_a_prefix(template: Template) -> None:
    resources = {resource for name in ROLE_GRANTS for resource in template.list_grants(name)}
    patterns = {resource for resource in resources if "*" in resource}
    keys = {
        resource for resource in patterns if not resource.startswith("schedule/default/Regulars-")
    }
    assert all(resource.split("*")[0].endswith(("/", "/imports/")) for resource in keys)
    assert "*" not in patterns


@pytest.mark.parametrize(
    "name",
    ["archive_events", "import_history", "receive_webhook", "reconcile_sources", "track_events"],
)
def test_ingestion_reads_nothing_of_profiles_but_tombstones(template: Template, name: str) -> None:
    statements = (
        statement
        for statement in template.list_statements(name)
        if template.to_words(to_list(statement["Resource"])[0]) == "profiles"
    )
    conditions = [statement.get("Condition") for statement in statements]
    assert conditions == [{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["tombstones"]}}]


@pytest.mark.parametrize("name", ["track_events", "receive_webhook", "reconcile_sources"])
def test_receiving_functions_update_no_api_key(template: Template, name: str) -> None:
    (update,) = (
        statement
        for statement in template.list_statements(name)
        if statement["Action"] == "dynamodb:UpdateItem" and "Condition" in statement
    )
    assert update["Condition"] == {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["order-sources"]}
    }


def test_lake_listing_is_limited_to_the_events_prefix(template: Template) -> None:
    (listing,) = (
        statement
        for statement in template.list_statements("build_dataset")
        if statement["Action"] == "s3:ListBucket"
    )
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "events/*"}}
