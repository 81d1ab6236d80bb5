"""Teardown: what a stack holds is found, emptied and deleted, and nothing beside it."""

import json

import boto3
import pytest
from moto import mock_aws

from infra import deploy
from infra.teardown import RetainedData
from tests.support import aws as stack

TEMPLATE = {
    "Resources": {
        "Lake": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"VersioningConfiguration": {"Status": "Enabled"}},
        }
    }
}


def create_lake() -> str:
    """Create a stack with a bucket that keeps versions."""
    boto3.client("cloudformation").create_stack(
        StackName="Regulars", TemplateBody=json.dumps(TEMPLATE)
    )
    (bucket,) = RetainedData.from_stack("Regulars").buckets
    return bucket


@mock_aws
def test_teardown_deletes_every_version_of_every_object() -> None:
    bucket = create_lake()
    client = boto3.client("s3")
    for body in (b"first", b"second"):
        client.put_object(Bucket=bucket, Key="events/one", Body=body)
    client.delete_object(Bucket=bucket, Key="events/one")
    RetainedData.from_stack("Regulars").clear_buckets()
    left = client.list_object_versions(Bucket=bucket)
    assert not {"Versions", "DeleteMarkers"} & left.keys()


@mock_aws
def test_teardown_deletes_the_deployments_parameters_only() -> None:
    client = boto3.client("ssm", region_name=stack.REGION)
    names = [f"/Regulars/sources/form/{number}" for number in range(12)]
    for name in [*names, "/Regulars/pepper", "/Other/pepper"]:
        client.put_parameter(Name=name, Type="SecureString", Value="made up")
    RetainedData((), ()).delete_parameters("/Regulars")
    left = client.describe_parameters()["Parameters"]
    assert [one["Name"] for one in left] == ["/Other/pepper"]


def test_deploy_says_what_to_do_when_there_are_no_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(SystemExit, match="make demo"):
        deploy.require_account()
