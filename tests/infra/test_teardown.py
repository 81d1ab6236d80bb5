"""Checks the teardown: it finds, empties and deletes the data of a stack, and nothing else."""

import json

import boto3
import pytest
from moto import mock_aws

from infra import deploy
from infra.teardown import RetainedData
from tests.support import aws as stack

LAKE_TEMPLATE = {
    "Resources": {
        "Lake": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"VersioningConfiguration": {"Status": "Enabled"}},
        }
    }
}


def create_lake_stack() -> str:
    """Create a stack with a versioned bucket, and return the name of the bucket."""
    boto3.client("cloudformation").create_stack(
        StackName="Regulars", TemplateBody=json.dumps(LAKE_TEMPLATE)
    )
    (bucket,) = RetainedData.from_stack("Regulars").buckets
    return bucket


@mock_aws
def test_teardown_deletes_every_version_of_every_object() -> None:
    bucket = create_lake_stack()
    client = boto3.client("s3")
    for body in (b"first", b"second"):
        client.put_object(Bucket=bucket, Key="events/one", Body=body)
    client.delete_object(Bucket=bucket, Key="events/one")
    RetainedData.from_stack("Regulars").clear_buckets()
    remaining = client.list_object_versions(Bucket=bucket)
    assert not {"Versions", "DeleteMarkers"} & remaining.keys()


@mock_aws
def test_teardown_deletes_only_the_parameters_of_the_deployment() -> None:
    client = boto3.client("ssm", region_name=stack.REGION)
    names = [f"/Regulars/sources/form/{number}" for number in range(12)]
    for name in [*names, "/Regulars/pepper", "/Other/pepper"]:
        client.put_parameter(Name=name, Type="SecureString", Value="made up")
    RetainedData((), ()).delete_parameters("/Regulars")
    remaining = client.describe_parameters()["Parameters"]
    assert [parameter["Name"] for parameter in remaining] == ["/Other/pepper"]


def test_deploy_suggests_the_demo_when_credentials_are_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(SystemExit, match="make demo"):
        deploy.require_account()
