"""A table of the schema, on demand, recoverable to any second of the last 35 days."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.constructs.policy import Policy
from regulars.store import schema


def table(scope: Construct, shape: schema.Table, policy: Policy) -> dynamodb.Table:
    """Create the table and its indexes exactly as the schema says."""
    created = dynamodb.Table(
        scope,
        shape.name.title(),
        partition_key=text(shape.partition_key),
        sort_key=text(shape.sort_key) if shape.sort_key else None,
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        # The AWS-owned key: encrypted at rest, and no charge per request as with a KMS key.
        encryption=dynamodb.TableEncryption.DEFAULT,
        stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES if shape.stream else None,
        time_to_live_attribute=shape.ttl_attribute,
        deletion_protection=policy.retain_data,
        removal_policy=policy.removal,
    )
    for index in shape.indexes:
        add_index(created, index)
    return created


def add_index(table: dynamodb.Table, index: schema.Index) -> None:
    """Add a global secondary index that carries the keys and the attributes listed."""
    projected = list(index.projection) or None
    kind = dynamodb.ProjectionType
    table.add_global_secondary_index(
        index_name=index.name,
        partition_key=text(index.partition_key),
        sort_key=text(index.sort_key),
        projection_type=kind.INCLUDE if projected else kind.KEYS_ONLY,
        non_key_attributes=projected,
    )


def text(name: str) -> dynamodb.Attribute:
    """A key attribute; all of them are strings."""
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
