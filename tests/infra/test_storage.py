"""Checks tables and buckets: keys of the schema, recovery, encryption, no public access, and retention by default."""

from pathlib import Path

import pytest

from infra import app
from regulars.store import schema
from tests.support.aws import table_arguments
from tests.support.roles import ROLE_GRANTS
from tests.support.template import Template, find_logical_id

TABLE_CASES = pytest.mark.parametrize("shape", schema.TABLES, ids=lambda shape: shape.name)
TABLE_TYPE = "AWS::DynamoDB::Table"
BUCKET_TYPE = "AWS::S3::Bucket"
RETAINED_TYPES = (TABLE_TYPE, BUCKET_TYPE)


def find_table(template: Template, shape: schema.Table) -> dict[str, object]:
    """Return the properties of the table with this shape."""
    tables = template.list_resources(TABLE_TYPE)
    (name,) = (name for name in tables if template.find_path(name)[-1].lower() == shape.name)
    return tables[name]


def test_template_has_the_tables_of_the_schema(template: Template) -> None:
    tables = template.list_resources(TABLE_TYPE)
    assert {template.find_path(name)[-1].lower() for name in tables} == {
        shape.name for shape in schema.TABLES
    }


@TABLE_CASES
def test_table_keys_and_indexes_equal_the_schema(template: Template, shape: schema.Table) -> None:
    table = find_table(template, shape)
    expected = table_arguments(shape)
    for name in ("KeySchema", "GlobalSecondaryIndexes", "BillingMode"):
        assert table.get(name) == expected.get(name)


@TABLE_CASES
def test_table_expires_by_the_attribute_of_the_schema(
    template: Template, shape: schema.Table
) -> None:
    expiry = find_table(template, shape).get("TimeToLiveSpecification")
    attribute = {"AttributeName": shape.ttl_attribute, "Enabled": True}
    assert expiry == (attribute if shape.ttl_attribute else None)


@TABLE_CASES
def test_table_streams_both_images_when_the_schema_says_so(
    template: Template, shape: schema.Table
) -> None:
    stream = find_table(template, shape).get("StreamSpecification")
    assert stream == ({"StreamViewType": "NEW_AND_OLD_IMAGES"} if shape.stream else None)


@TABLE_CASES
def test_table_is_recoverable_and_protected(template: Template, shape: schema.Table) -> None:
    table = find_table(template, shape)
    recovery = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": shape.backup_days}
    assert table["PointInTimeRecoverySpecification"] == recovery
    assert table["DeletionProtectionEnabled"] is True


def test_tables_with_personal_data_in_clear_are_forgotten_by_backups_within_a_week() -> None:
    short = {shape.name for shape in schema.TABLES if shape.backup_days <= 7}
    assert short == {"contacts", "people", "rejects"}


def test_buckets_are_private_encrypted_and_versioned(template: Template) -> None:
    buckets = template.list_resources(BUCKET_TYPE)
    assert len(buckets) == 3
    for bucket in buckets.values():
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert "AES256" in str(bucket["BucketEncryption"])
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_buckets_notify_event_bridge_without_a_custom_resource(template: Template) -> None:
    for bucket in template.list_resources(BUCKET_TYPE).values():
        configuration = bucket["NotificationConfiguration"]
        assert configuration == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert not [
        resource
        for resource in template.resources.values()
        if resource["Type"].startswith("Custom::")
    ]


def is_tls_statement(statement: dict[str, object]) -> bool:
    return "aws:SecureTransport" in str(statement) and statement["Effect"] == "Deny"


@pytest.mark.parametrize(
    ("resource", "policy", "key"),
    [
        (BUCKET_TYPE, "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
    ],
)
def test_transport_without_tls_is_denied(
    template: Template, resource: str, policy: str, key: str
) -> None:
    protected_resources = set()
    for properties in template.list_resources(policy).values():
        statements = properties["PolicyDocument"]["Statement"]
        if any(map(is_tls_statement, statements)):
            targets = properties[key] if key == "Queues" else [properties[key]]
            protected_resources |= {find_logical_id(target) for target in targets}
    assert protected_resources == set(template.list_resources(resource))


def test_uploaded_files_with_addresses_expire(template: Template) -> None:
    (uploads,) = (
        properties
        for name, properties in template.list_resources(BUCKET_TYPE).items()
        if template.find_path(name)[-1] == "Uploads"
    )
    rules = uploads["LifecycleConfiguration"]["Rules"]
    expiry_rules = [rule for rule in rules if rule.get("Prefix") == schema.IMPORTS_PREFIX]
    assert expiry_rules[0]["ExpirationInDays"] <= 30


def test_data_is_retained_when_the_stack_is_deleted(template: Template) -> None:
    for resource in template.resources.values():
        if resource["Type"] in RETAINED_TYPES:
            assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_data_is_deleted_when_retention_is_off(tmp_path: Path) -> None:
    template = Template.read_folder(app.synthesize(tmp_path / "out", retain_data="false"))
    for resource in template.resources.values():
        if resource["Type"] in RETAINED_TYPES:
            assert resource["DeletionPolicy"] == "Delete"
            assert not resource["Properties"].get("DeletionProtectionEnabled")


def test_tables_are_encrypted_with_the_key_of_dynamodb(template: Template) -> None:
    # Encryption at rest cannot be disabled. A key of ours would have to be granted to every function.
    for table in template.list_resources(TABLE_TYPE).values():
        assert table.get("SSESpecification", {}).get("SSEEnabled", False) is False


def test_rejects_are_read_by_the_erasure_only(template: Template) -> None:
    granted_actions = {
        name: template.list_grants(name).get("rejects", set()) for name in ROLE_GRANTS
    }
    write_actions = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem"}
    assert {name for name, actions in granted_actions.items() if actions} >= {"track_events"}
    readers = {name for name, actions in granted_actions.items() if actions - write_actions}
    assert readers == {"erase_person"}
    policies = [
        table.get("ResourcePolicy") for table in template.list_resources(TABLE_TYPE).values()
    ]
    assert policies == [None] * len(schema.TABLES)


def test_dead_letter_queues_are_encrypted(template: Template) -> None:
    queues = template.list_resources("AWS::SQS::Queue").values()
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues)
