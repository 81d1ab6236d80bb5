"""The rules of cdk-nag that a resource does not follow, each with its reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

# Of every function.
FUNCTION_REASONS = {
    "AwsSolutions::AwsSolutions-L1": "The layers are built for Python 3.13, as are the tests.",
    "Serverless::Serverless-LambdaLatestVersion": "As above.",
    "Serverless::Serverless-LambdaDLQ": (
        "HTTP calls answer their caller; asynchronous functions have an on-failure destination, "
        "which keeps the error beside the event."
    ),
    "Serverless::Serverless-LambdaTracing": (
        "X-Ray forces a wildcard resource on the role and is charged per trace; each arrow here is "
        "one hop, and the logs carry its ids."
    ),
}
# Of every dead-letter queue.
QUEUE_REASONS = {
    "AwsSolutions::AwsSolutions-SQS3": "It is the dead-letter queue.",
    "Serverless::Serverless-SQSRedrivePolicy": "It is the dead-letter queue.",
}
BUCKET_REASONS = {
    "AwsSolutions::AwsSolutions-S1": (
        "Only our functions and the owner reach it; access logs would outweigh the data."
    )
}
# Of a route of the HTTP API.
ROUTE_REASONS = {
    "AwsSolutions::AwsSolutions-APIG4": (
        "Write keys, signatures and API keys are checked by the functions themselves."
    )
}


def acknowledge_rules(construct: IConstruct, reasons: dict[str, str]) -> None:
    """Accept that a construct and its children violate rules, for these reasons by the id of the rule."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items())
    )


def acknowledge_wildcard(role: IConstruct, resource: str, reason: str) -> None:
    """Accept one resource with a wildcard in a role; `resource` is written as cdk-nag writes it."""
    acknowledge_rules(role, {f"AwsSolutions::AwsSolutions-IAM5[Resource::{resource}]": reason})
