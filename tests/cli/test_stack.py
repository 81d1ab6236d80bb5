"""The deployment that a command works on: its names are read from CloudFormation and from the functions' variables."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.cli import stack
from infra.local.errors import CommandError

RESOURCES = [
    ("AWS::Lambda::Function", "IngestionReceiveWebhook1A2B", "Regulars-hook-X1"),
    ("AWS::Lambda::Function", "IngestionImportHistory1A2B", "Regulars-import-X1"),
    ("AWS::Lambda::Function", "ServingServeProfiles1A2B", "Regulars-serve-X1"),
    ("AWS::Lambda::Function", "LearningTrainSegments1A2B", "Regulars-train-X1"),
    ("AWS::Lambda::Function", "ProfilingUpdateProfiles1A2B", "Regulars-update-X1"),
    ("AWS::Lambda::Function", "ErasureErasePerson1A2B", "Regulars-erase-X1"),
    ("AWS::SQS::Queue", "IngestionImportHistoryDeadLetters1A2B", "https://sqs.example.com/q"),
    ("AWS::DynamoDB::Table", "StoragePeople1A2B", "people-x1"),
    ("AWS::S3::Bucket", "StorageLake1A2B", "lake-x1"),
]
VARIABLES = {
    "Regulars-hook-X1": {
        "EVENTS_TABLE": "events-x1",
        "CONTACTS_TABLE": "contacts-x1",
        "CONTROL_TABLE": "control-x1",
        "REJECTS_TABLE": "rejects-x1",
        "PARAMETERS_PREFIX": "/Regulars",
        "DEFAULT_COUNTRY": "GB",
        "DEFAULT_CURRENCY": "GBP",
    },
    "Regulars-import-X1": {"UPLOADS_BUCKET": "uploads-x1"},
    "Regulars-serve-X1": {"PROFILES_TABLE": "profiles-x1", "CATALOG_TABLE": "catalog-x1"},
    "Regulars-update-X1": {"CART_CHECKS_PREFIX": "cart", "ABANDONED_AFTER_MINUTES": "60"},
    "Regulars-erase-X1": {
        "DEAD_LETTER_QUEUES": "https://sqs.example.com/q",
        "ERASURE_WAIT_SECONDS": "90",
    },
    "Regulars-train-X1": {"LAKE_BUCKET": "lake-x1", "ARTIFACTS_BUCKET": "artifacts-x1"},
}


class Account:
    """CloudFormation and Lambda of an account with one stack."""

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 (as AWS names it)
        """Return the stack with its outputs."""
        if StackName != "Regulars":
            raise ClientError({"Error": {"Code": "ValidationError"}}, "DescribeStacks")
        outputs = [{"OutputKey": "ApiUrl", "OutputValue": "https://api.example.com/"}]
        return {"Stacks": [{"Outputs": outputs}]}

    def get_paginator(self, _name: str) -> "Account":
        """Return what lists the resources."""
        return self

    def paginate(self, **_arguments: str) -> Iterator[dict[str, Any]]:
        """Yield one resource a page."""
        names = ("ResourceType", "LogicalResourceId", "PhysicalResourceId")
        for resource in RESOURCES:
            yield {"StackResourceSummaries": [dict(zip(names, resource, strict=True))]}

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        """Return the variables of a function."""
        return {"Environment": {"Variables": VARIABLES[FunctionName]}}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.cli.stack.boto3.client", lambda _service: Account())


def test_stack_of_an_account_is_described(account: None) -> None:
    described = stack.find_account_stack("Regulars")
    deployment = described.deployment
    assert (described.is_local, deployment.api_url) == (False, "https://api.example.com")
    assert deployment.functions["receive_webhook"] == "Regulars-hook-X1"
    assert deployment.queues == {"import_history": "https://sqs.example.com/q"}
    names = (deployment.events_table, deployment.uploads_bucket, deployment.default_currency)
    assert names == ("events-x1", "uploads-x1", "GBP")


def test_unknown_stack_is_explained(account: None) -> None:
    with pytest.raises(CommandError, match="Other was not found") as unknown:
        stack.find_account_stack("Other")
    assert "make deploy" in unknown.value.advice
