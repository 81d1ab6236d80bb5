"""Rules of cdk-nag that a resource does not follow, each with its reason."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

# Every function of ours.
FUNCTION = {
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
# Every dead-letter queue.
DEAD_LETTERS = {
    "AwsSolutions::AwsSolutions-SQS3": "It is the dead-letter queue.",
    "Serverless::Serverless-SQSRedrivePolicy": "It is the dead-letter queue.",
}
BUCKET = {
    "AwsSolutions::AwsSolutions-S1": (
        "Only our functions and the owner reach it; access logs would outweigh the data."
    ),
}
# A route of the HTTP API.
ROUTE = {
    "AwsSolutions::AwsSolutions-APIG4": (
        "Write keys, signatures and API keys are checked by the functions themselves."
    ),
}


def acknowledge(construct: IConstruct, reasons: dict[str, str]) -> None:
    """Accept that the construct and what it contains break the rules, for the reasons given."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items())
    )


def acknowledge_wildcard(role: IConstruct, resource: str, reason: str) -> None:
    """Accept one resource with a wildcard in one role; `resource` is written as cdk-nag writes it."""
    acknowledge(role, {f"AwsSolutions::AwsSolutions-IAM5[Resource::{resource}]": reason})
