"""Creates a table of the schema: on demand, and recoverable to any second of the days that the schema says."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.constructs.policy import Policy
from regulars.store import schema


def create_table(scope: Construct, shape: schema.Table, policy: Policy) -> dynamodb.Table:
    """Create a table and its indexes as the schema defines them."""
    created = dynamodb.Table(
        scope,
        shape.name.title(),
        partition_key=create_string_attribute(shape.partition_key),
        sort_key=create_string_attribute(shape.sort_key) if shape.sort_key else None,
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True, recovery_period_in_days=shape.backup_days
        ),
        # The key of AWS: encrypted at rest, without the charge per request of a KMS key.
        encryption=dynamodb.TableEncryption.DEFAULT,
        stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES if shape.stream else None,
        time_to_live_attribute=shape.ttl_attribute,
        max_write_request_units=shape.max_write_units,
        deletion_protection=policy.retain_data,
        removal_policy=policy.removal,
    )
    for index in shape.indexes:
        add_index(created, index)
    return created


def add_index(table: dynamodb.Table, index: schema.Index) -> None:
    """Add a global secondary index that holds the keys and the projected attributes."""
    projected = list(index.projection) or None
    kind = dynamodb.ProjectionType
    table.add_global_secondary_index(
        index_name=index.name,
        partition_key=create_string_attribute(index.partition_key),
        sort_key=create_string_attribute(index.sort_key),
        projection_type=kind.INCLUDE if projected else kind.KEYS_ONLY,
        non_key_attributes=projected,
    )


def create_string_attribute(name: str) -> dynamodb.Attribute:
    """Return a key attribute; all of them are strings."""
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
