"""Tables and buckets: the schema's keys, recoverable, encrypted, private, and kept by default."""

from pathlib import Path

import pytest

from infra import app
from regulars.store import schema
from tests.support.aws import table_arguments
from tests.support.roles import ROLE_GRANTS
from tests.support.template import Template, find_logical_id

SHAPES = pytest.mark.parametrize("shape", schema.TABLES, ids=lambda shape: shape.name)
TABLE = "AWS::DynamoDB::Table"
KEPT = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")


def deployed(template: Template, shape: schema.Table) -> dict[str, object]:
    """The properties of the table of this shape."""
    tables = template.list_resources("AWS::DynamoDB::Table")
    (name,) = (name for name in tables if template.find_path(name)[-1].lower() == shape.name)
    return tables[name]


def test_tables_are_those_of_the_schema(template: Template) -> None:
    tables = template.list_resources("AWS::DynamoDB::Table")
    assert {template.find_path(name)[-1].lower() for name in tables} == {
        shape.name for shape in schema.TABLES
    }


@SHAPES
def test_table_keys_and_indexes_equal_the_schema(template: Template, shape: schema.Table) -> None:
    table = deployed(template, shape)
    expected = table_arguments(shape)
    for name in ("KeySchema", "GlobalSecondaryIndexes", "BillingMode"):
        assert table.get(name) == expected.get(name)


@SHAPES
def test_table_expires_by_the_schemas_attribute(template: Template, shape: schema.Table) -> None:
    expiry = deployed(template, shape).get("TimeToLiveSpecification")
    attribute = {"AttributeName": shape.ttl_attribute, "Enabled": True}
    assert expiry == (attribute if shape.ttl_attribute else None)


@SHAPES
def test_table_streams_both_images_when_asked(template: Template, shape: schema.Table) -> None:
    stream = deployed(template, shape).get("StreamSpecification")
    assert stream == ({"StreamViewType": "NEW_AND_OLD_IMAGES"} if shape.stream else None)


@SHAPES
def test_table_is_recoverable_and_protected(template: Template, shape: schema.Table) -> None:
    table = deployed(template, shape)
    recovery = {"PointInTimeRecoveryEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == recovery
    assert table["DeletionProtectionEnabled"] is True


def test_buckets_are_private_encrypted_and_versioned(template: Template) -> None:
    buckets = template.list_resources("AWS::S3::Bucket")
    assert len(buckets) == 3
    for bucket in buckets.values():
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert "AES256" in str(bucket["BucketEncryption"])
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_buckets_tell_event_bridge_without_a_custom_resource(template: Template) -> None:
    for bucket in template.list_resources("AWS::S3::Bucket").values():
        configuration = bucket["NotificationConfiguration"]
        assert configuration == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert not [one for one in template.resources.values() if one["Type"].startswith("Custom::")]


@pytest.mark.parametrize(
    ("resource", "policy", "key"),
    [
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
    ],
)
def test_transport_without_tls_is_denied(
    template: Template, resource: str, policy: str, key: str
) -> None:
    denied = set()
    for properties in template.list_resources(policy).values():
        statements = properties["PolicyDocument"]["Statement"]
        if any("aws:SecureTransport" in str(one) and one["Effect"] == "Deny" for one in statements):
            targets = properties[key] if key == "Queues" else [properties[key]]
            denied |= {find_logical_id(target) for target in targets}
    assert denied == set(template.list_resources(resource))


def test_uploads_with_their_addresses_expire(template: Template) -> None:
    (uploads,) = (
        properties
        for name, properties in template.list_resources("AWS::S3::Bucket").items()
        if template.find_path(name)[-1] == "Uploads"
    )
    rules = uploads["LifecycleConfiguration"]["Rules"]
    expired = [rule for rule in rules if rule.get("Prefix") == schema.IMPORTS_PREFIX]
    assert expired[0]["ExpirationInDays"] <= 30


def test_data_outlives_the_stack_by_default(template: Template) -> None:
    for resource in template.resources.values():
        if resource["Type"] in KEPT:
            assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_data_goes_with_the_stack_when_the_owner_says_so(tmp_path: Path) -> None:
    template = Template.read_folder(app.synthesize(tmp_path / "out", retain_data="false"))
    for resource in template.resources.values():
        if resource["Type"] in KEPT:
            assert resource["DeletionPolicy"] == "Delete"
            assert not resource["Properties"].get("DeletionProtectionEnabled")


def test_tables_are_encrypted_at_rest_by_the_key_dynamodb_owns(template: Template) -> None:
    # Encryption at rest cannot be switched off; another key would have to be named, and granted to every function.
    for table in template.list_resources("AWS::DynamoDB::Table").values():
        assert table.get("SSESpecification", {}).get("SSEEnabled", False) is False


def test_what_was_refused_is_read_by_no_function(template: Template) -> None:
    granted = {name: template.list_grants(name).get("rejects", set()) for name in ROLE_GRANTS}
    writing = {"dynamodb:PutItem", "dynamodb:BatchWriteItem"}
    assert {name for name, actions in granted.items() if actions} >= {"track_events"}
    assert not {name for name, actions in granted.items() if actions - writing}
    policies = [table.get("ResourcePolicy") for table in template.list_resources(TABLE).values()]
    assert policies == [None] * len(schema.TABLES)


def test_dead_letters_are_encrypted(template: Template) -> None:
    queues = template.list_resources("AWS::SQS::Queue").values()
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues)
