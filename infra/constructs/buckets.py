"""A private bucket that tells EventBridge what arrives in it."""

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.acknowledged import BUCKET, acknowledge
from infra.constructs.policy import Policy
from regulars.store import schema

# Bucket → prefix → days. An upload holds e-mails, so it goes once its events are safe in the ledger.
EXPIRES_AFTER_DAYS = {
    "uploads": {schema.IMPORTS_PREFIX: 30},
    "lake": {schema.DATASETS_PREFIX: 60},
    "artifacts": {},
}
UNDO_DAYS = 30


def bucket(scope: Construct, name: str, policy: Policy) -> s3.Bucket:
    """Create the bucket: TLS only, nothing public, overwritten objects kept for a month."""
    created = s3.Bucket(
        scope,
        name.title(),
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        versioned=True,
        lifecycle_rules=lifecycle(name),
        removal_policy=policy.removal,
    )
    notify_event_bridge(created)
    acknowledge(created, BUCKET)
    return created


def lifecycle(name: str) -> list[s3.LifecycleRule]:
    """What is removed by itself."""
    undo = s3.LifecycleRule(
        abort_incomplete_multipart_upload_after=Duration.days(7),
        noncurrent_version_expiration=Duration.days(UNDO_DAYS),
    )
    return [undo] + [
        s3.LifecycleRule(prefix=prefix, expiration=Duration.days(days))
        for prefix, days in EXPIRES_AFTER_DAYS[name].items()
    ]


def notify_event_bridge(bucket: s3.Bucket) -> None:
    """Set by L1, because L2 would add a custom resource whose role has a wildcard."""
    resource = bucket.node.default_child
    if not isinstance(resource, s3.CfnBucket):
        raise TypeError(resource)
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
            event_bridge_enabled=True
        )
    )
