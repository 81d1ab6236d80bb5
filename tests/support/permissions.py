"""Handlers of the tests run under their roles: what a role does not allow is denied, and every call is remembered."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError
from botocore.handlers import BUILTIN_HANDLERS

from tests.support import aws
from tests.support.roles import allowed, matches

type Handler = Callable[..., Any]
type Call = tuple[str, str]  # resource, action

S3_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "HeadObject": "GetObject",
    "ListObjectsV2": "ListBucket",
    "UploadPart": "PutObject",
}
WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}


class Roles:
    """Which function runs just now, and what each has called so far in this test run."""

    def __init__(self) -> None:
        self.used: dict[str, set[Call]] = {}
        self._running = ""
        self._denied: list[str] = []

    def run(self, function: str, handler: Handler) -> Handler:
        """The handler under its role; a denied call fails the test even if the handler takes it for a fault."""

        @functools.wraps(handler)
        def running(*arguments: Any) -> Any:
            self._running, self._denied = function, []
            try:
                return handler(*arguments)
            finally:
                self._running = ""
                assert not self._denied, self._denied

        return running

    def authorize(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """Botocore's hook before each call; raises what AWS answers without the permission."""
        if self._running:
            for call in calls(model.service_model.service_name, model.name, params):
                self._authorize(call, model.name)

    def _authorize(self, call: Call, operation: str) -> None:
        resource, action = call
        self.used.setdefault(self._running, set()).add(call)
        granted = allowed(self._running)
        if not any(action in granted[one] for one in granted if matches(resource, one)):
            message = f"{self._running} may not {action} on {resource}"
            self._denied.append(message)
            raise ClientError(
                {"Error": {"Code": "AccessDeniedException", "Message": message}}, operation
            )


def calls(service: str, operation: str, params: dict[str, Any]) -> Iterator[Call]:
    """The permissions that one API call needs, in the words of the table of roles."""
    if service == "dynamodb":
        yield from _table_calls(operation, params)
    elif service == "s3":
        action = S3_ACTIONS.get(operation, operation)
        bucket = params["Bucket"].removeprefix("test-")
        yield (bucket if action == "ListBucket" else f"{bucket}/{params['Key']}", action)
    elif service == "scheduler":
        yield f"schedule/{params.get('GroupName', 'default')}/{params['Name']}", operation
        yield params["Target"]["RoleArn"].rpartition("/")[2], "PassRole"
    else:
        name = str(params.get("Name", "")).removeprefix(aws.PREFIX)
        yield f"parameter/Regulars{name}", operation


def _table_calls(operation: str, params: dict[str, Any]) -> Iterator[Call]:
    if operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            for kind, write in item.items():
                yield _table(write), WRITES.get(kind, "ConditionCheckItem")
    elif "RequestItems" in params:
        for name in params["RequestItems"]:
            yield _table({"TableName": name}), operation
    else:
        yield _table(params), operation


def _table(params: dict[str, Any]) -> str:
    index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
    return f"{params['TableName'].removeprefix('test-')}{index}"


ROLES = Roles()
# Every client that is made from now on asks; moto stubs botocore through the same list.
BUILTIN_HANDLERS.append(("provide-client-params", ROLES.authorize))
