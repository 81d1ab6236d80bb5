"""Least privilege: each role allows exactly what this table says; another test holds the table against real calls."""

import pytest

from tests.infra.template import Template

STREAM = "DescribeStream GetRecords GetShardIterator ListStreams"
RECORD = {
    "events": "BatchGetItem BatchWriteItem PutItem",
    "people": "GetItem UpdateItem",
    "parameter/Regulars/pepper": "GetParameter",
}
DOOR = RECORD | {"control": "GetItem", "rejects": "BatchWriteItem PutItem"}
ASYNCHRONOUS = {"dead letters": "SendMessage"}


def trains(model: str) -> dict[str, str]:
    """What the training of a model may do."""
    return ASYNCHRONOUS | {
        "lake/datasets/*": "GetObject",
        f"artifacts/models/{model}/*": "GetObject PutObject",
        "control": "GetItem PutItem UpdateItem",
    }


ALLOWED = {
    "track_events": DOOR,
    "receive_webhook": DOOR | {"parameter/Regulars/sources/*": "GetParameter"},
    "import_history": RECORD
    | ASYNCHRONOUS
    | {
        "control": "GetItem PutItem",
        "uploads/imports/*": "GetObject",
        "uploads/imports/*.report.json": "PutObject",
        "uploads/imports/*.progress.json": "PutObject",
    },
    "update_profiles": ASYNCHRONOUS
    | {
        "events stream": STREAM,
        "events": "BatchGetItem",
        "events/index/timeline": "Query",
        "people": "BatchGetItem PutItem UpdateItem",
        "profiles": "BatchGetItem DeleteItem GetItem PutItem Query UpdateItem",
        "rejects": "PutItem",
    },
    "archive_events": ASYNCHRONOUS
    | {"events stream": STREAM, "lake/events/*": "PutObject", "rejects": "PutItem"},
    "build_dataset": ASYNCHRONOUS
    | {
        "lake": "ListBucket",
        "lake/events/*": "GetObject",
        "lake/datasets/*": "AbortMultipartUpload PutObject",
        "profiles": "Scan",
        "control": "PutItem",
    },
    "train_segments": trains("segments"),
    "train_churn": trains("churn"),
    "train_recommender": trains("recommender"),
    "score_profiles": ASYNCHRONOUS
    | {
        "lake/datasets/*": "GetObject",
        "artifacts/models/*": "GetObject",
        "profiles": "BatchGetItem BatchWriteItem",
        "catalog": "BatchGetItem BatchWriteItem",
        "control": "GetItem PutItem",
    },
    "serve_profiles": {
        "people": "BatchGetItem",
        "profiles": "BatchGetItem Query",
        "profiles/index/members": "Query",
        "catalog": "BatchGetItem",
        "control": "GetItem",
        "parameter/Regulars/pepper": "GetParameter",
    },
}


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_role_allows_exactly_what_the_table_says(template: Template, name: str) -> None:
    found = {
        resource: " ".join(sorted(action.split(":")[1] for action in actions))
        for resource, actions in template.grants(name).items()
    }
    assert found == ALLOWED[name] | {"logs": "CreateLogStream PutLogEvents"}


def test_every_role_is_in_the_table(template: Template) -> None:
    assert sorted(template.functions()) == sorted(ALLOWED)


def test_roles_allow_no_action_by_wildcard(template: Template) -> None:
    granted = [actions for name in ALLOWED for actions in template.grants(name).values()]
    assert not [action for actions in granted for action in actions if "*" in action]


def test_roles_have_no_managed_policies(template: Template) -> None:
    roles = template.of_type("AWS::IAM::Role").values()
    assert not [role for role in roles if role.get("ManagedPolicyArns")]


def test_wildcards_stand_for_keys_below_a_prefix_only(template: Template) -> None:
    resources = {resource for name in ALLOWED for resource in template.grants(name)}
    wild = {resource for resource in resources if "*" in resource}
    assert all(resource.split("*")[0].endswith(("/", "/imports/")) for resource in wild)
    assert "*" not in wild


def test_listing_the_lake_is_bound_to_its_events(template: Template) -> None:
    (listing,) = (
        statement
        for statement in template.statements("build_dataset")
        if statement["Action"] == "s3:ListBucket"
    )
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "events/*"}}
