"""Create the stack's tables, buckets and parameters on moto, from the schema that also defines the template."""

from dataclasses import dataclass, fields
from typing import Any

import boto3

from regulars.settings import Settings
from regulars.store import schema
from regulars.store.parameters import Parameters, SourceSecrets
from regulars.store.rejects import Rejects

REGION = "eu-west-1"
PEPPER = b"pepper-of-the-tests-0123456789ab"
PREFIX = "/regulars/test"
BUCKETS = ("uploads", "lake", "artifacts")
CART_CHECKS = {
    "cart_checks_function": f"arn:aws:lambda:{REGION}:123456789012:function:detect_abandonment",
    "cart_checks_role": "arn:aws:iam::123456789012:role/schedules",
    "cart_checks_dead_letters": f"arn:aws:sqs:{REGION}:123456789012:dead-letters",
    "cart_checks_prefix": "Regulars-cart-",
}
# The tests replace the waiting; what is left of it must not slow them down.
ERASURE_WAIT_SECONDS = "90"


@dataclass(frozen=True)
class MotoStack:
    """The clients of a test stack on moto, and the settings of its functions."""

    dynamodb: Any
    s3: Any
    ssm: Any

    def build_settings[T: Settings](self, cls: type[T]) -> T:
        """Return the settings of one function with the names of the test stack's resources."""
        values = {f"{name}_bucket": f"test-{name}" for name in BUCKETS}
        values |= {table.settings_field: f"test-{table.name}" for table in schema.TABLES}
        values |= {"parameters_prefix": PREFIX, "default_country": "GB", "default_currency": "GBP"}
        values |= {"dead_letter_queues": "", "erasure_wait_seconds": ERASURE_WAIT_SECONDS}
        values |= CART_CHECKS | {"abandoned_after_minutes": "60", "erase_function": "eraseperson"}
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    def list_rejects(self) -> list[dict[str, Any]]:
        """Return all rejects, by day and time: a test that runs at midnight stores them under two days."""
        store = Rejects("test-rejects", self.dynamodb)
        return [reject for day in self.list_reject_days() for reject in store.list_rejects(day)]

    def list_reject_days(self) -> list[str]:
        """Return the days that have rejects, or counts of refused calls."""
        items = self.dynamodb.scan(TableName="test-rejects")["Items"]
        return sorted({item["day"]["S"] for item in items})

    def put_secrets(self, source: str, *signing: str, **credentials: str) -> None:
        """Store the secrets of a source, such as shopify/main."""
        channel, _, name = source.partition("/")
        parameters = Parameters(PREFIX, self.ssm)
        parameters.save_source_secrets(channel, name, SourceSecrets(signing, credentials))


def create_moto_stack() -> MotoStack:
    """Create all resources; call this inside `moto.mock_aws()`."""
    stack = MotoStack(
        *(boto3.client(name, region_name=REGION) for name in ("dynamodb", "s3", "ssm"))
    )
    for table in schema.TABLES:
        stack.dynamodb.create_table(**table_arguments(table))
    for bucket in BUCKETS:
        stack.s3.create_bucket(
            Bucket=f"test-{bucket}", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    stack.ssm.put_parameter(Name=f"{PREFIX}/pepper", Type="SecureString", Value=PEPPER.decode())
    return stack


def table_arguments(table: schema.Table) -> dict[str, Any]:
    """Return the arguments of CreateTable for a table of the schema."""
    keys = [table.partition_key, table.sort_key]
    keys += [key for index in table.indexes for key in (index.partition_key, index.sort_key)]
    arguments: dict[str, Any] = {
        "TableName": f"test-{table.name}",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": key, "AttributeType": "S"}
            for key in sorted({key for key in keys if key})
        ],
        "KeySchema": key_schema(table.partition_key, table.sort_key),
    }
    if table.indexes:
        arguments["GlobalSecondaryIndexes"] = [index_arguments(index) for index in table.indexes]
    if table.stream:
        arguments["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
    return arguments


def index_arguments(index: schema.Index) -> dict[str, Any]:
    """Return one global secondary index for CreateTable."""
    projection: dict[str, Any] = {"ProjectionType": "KEYS_ONLY"}
    if index.projection:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.projection)}
    return {
        "IndexName": index.name,
        "KeySchema": key_schema(index.partition_key, index.sort_key),
        "Projection": projection,
    }


def key_schema(partition_key: str, sort_key: str | None) -> list[dict[str, str]]:
    """Return a key schema of one or two attributes."""
    schema_ = [{"AttributeName": partition_key, "KeyType": "HASH"}]
    return schema_ + ([{"AttributeName": sort_key, "KeyType": "RANGE"}] if sort_key else [])
