"""Creates a private bucket that notifies EventBridge of new objects."""

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.acknowledgments import BUCKET_REASONS, acknowledge_rules
from infra.constructs.policy import Policy
from regulars.store import schema

# Bucket → prefix → days. An upload holds e-mail addresses, so it is deleted once its events are in the ledger.
EXPIRY_DAYS = {
    "uploads": {schema.IMPORTS_PREFIX: 30},
    "lake": {schema.DATASETS_PREFIX: 60},
    "artifacts": {},
}
OLD_VERSION_DAYS = 30


def create_bucket(scope: Construct, name: str, policy: Policy) -> s3.Bucket:
    """Create a bucket: TLS only, not public, and overwritten objects are kept for a month."""
    created = s3.Bucket(
        scope,
        name.title(),
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        versioned=True,
        lifecycle_rules=build_lifecycle_rules(name),
        removal_policy=policy.removal,
    )
    enable_event_bridge(created)
    acknowledge_rules(created, BUCKET_REASONS)
    return created


def build_lifecycle_rules(name: str) -> list[s3.LifecycleRule]:
    """Return the rules that delete objects and old versions."""
    old_versions = s3.LifecycleRule(
        abort_incomplete_multipart_upload_after=Duration.days(7),
        noncurrent_version_expiration=Duration.days(OLD_VERSION_DAYS),
    )
    return [old_versions] + [
        s3.LifecycleRule(prefix=prefix, expiration=Duration.days(days))
        for prefix, days in EXPIRY_DAYS[name].items()
    ]


def enable_event_bridge(bucket: s3.Bucket) -> None:
    """Enable notifications with the L1 resource: L2 would add a custom resource whose role has a wildcard."""
    resource = bucket.node.default_child
    if not isinstance(resource, s3.CfnBucket):
        raise TypeError(resource)
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
            event_bridge_enabled=True
        )
    )
