"""Runs the handlers of the tests under their roles: denies what a role does not allow, and records every call."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError
from botocore.handlers import BUILTIN_HANDLERS

from tests.support import aws
from tests.support.roles import list_allowed, matches_pattern

type Handler = Callable[..., Any]
type Call = tuple[str, str]  # resource, action

S3_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "HeadObject": "GetObject",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
    "UploadPart": "PutObject",
}
WRITE_ACTIONS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}


class RoleEnforcer:
    """Knows which function runs now, and records what each has called in this test run."""

    def __init__(self) -> None:
        self.used: dict[str, set[Call]] = {}
        self._running = ""
        self._denied: list[str] = []

    def wrap_handler(self, function: str, handler: Handler) -> Handler:
        """Return the handler under its role; a denied call fails the test even when the handler catches its error."""

        @functools.wraps(handler)
        def run_as_role(*arguments: Any) -> Any:
            self._running, self._denied = function, []
            try:
                return handler(*arguments)
            finally:
                self._running = ""
                assert not self._denied, self._denied

        return run_as_role

    def authorize(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """Check a call before botocore sends it; raise the error of AWS for a missing permission."""
        if self._running:
            for call in list_calls(model.service_model.service_name, model.name, params):
                self._authorize(call, model.name)

    def _authorize(self, call: Call, operation: str) -> None:
        resource, action = call
        self.used.setdefault(self._running, set()).add(call)
        granted = list_allowed(self._running)
        if not any(action in granted[one] for one in granted if matches_pattern(resource, one)):
            message = f"{self._running} may not {action} on {resource}"
            self._denied.append(message)
            raise ClientError(
                {"Error": {"Code": "AccessDeniedException", "Message": message}}, operation
            )


def list_calls(service: str, operation: str, params: dict[str, Any]) -> Iterator[Call]:
    """Yield the permissions that one API call needs, as the table of roles writes them."""
    if service == "dynamodb":
        yield from _list_table_calls(operation, params)
    elif service == "s3":
        action = S3_ACTIONS.get(operation, operation)
        if "VersionId" in params:
            action += "Version"
        bucket = params["Bucket"].removeprefix("test-")
        yield (f"{bucket}/{params['Key']}" if "Key" in params else bucket, action)
    elif service == "scheduler":
        yield f"schedule/{params.get('GroupName', 'default')}/{params['Name']}", operation
        if "Target" in params:
            yield params["Target"]["RoleArn"].rpartition("/")[2], "PassRole"
    elif service == "sqs":
        yield "dead letters", operation.removesuffix("Batch")
    elif service == "lambda":
        yield params["FunctionName"], "InvokeFunction"
    else:
        name = str(params.get("Name", "")).removeprefix(aws.PREFIX)
        yield f"parameter/Regulars{name}", operation


def _list_table_calls(operation: str, params: dict[str, Any]) -> Iterator[Call]:
    if operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            for kind, write in item.items():
                yield _find_table(write), WRITE_ACTIONS.get(kind, "ConditionCheckItem")
    elif "RequestItems" in params:
        for name in params["RequestItems"]:
            yield _find_table({"TableName": name}), operation
    else:
        yield _find_table(params), operation


def _find_table(params: dict[str, Any]) -> str:
    index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
    return f"{params['TableName'].removeprefix('test-')}{index}"


ROLE_ENFORCER = RoleEnforcer()
# Every client that is created from now on is checked; moto stubs botocore through the same list.
BUILTIN_HANDLERS.append(("provide-client-params", ROLE_ENFORCER.authorize))
