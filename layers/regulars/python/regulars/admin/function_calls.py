"""Calls a deployed function and waits for its answer."""

import base64
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.config import Config

from regulars.admin.deployment import Deployment
from regulars.admin.errors import FunctionFailedError
from regulars.store import clients

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# A training may take the 15 minutes of a function; a retry would run it twice.
WAIT_FOR_ANSWER = Config(read_timeout=900, retries={"max_attempts": 0})


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a function: its `payload`, the kind of its `error` ('' for none) and its last `log` lines.

    An error is raised by the function, or reported in its payload.
    """

    function: str
    payload: Any
    error: str = ""
    log: tuple[str, ...] = ()


class FunctionInvoker:
    """Calls the functions of one deployment."""

    def __init__(self, deployment: Deployment, client: "LambdaClient | None" = None) -> None:
        self._deployment = deployment
        self._client = client or clients.create_lambda_client(WAIT_FOR_ANSWER)

    def invoke(self, function: str, event: Any) -> Invocation:
        """Call a function with an event and wait; raise FunctionNotFoundError when there is none of this name."""
        answer = self._client.invoke(
            FunctionName=self._deployment.find_function(function),
            Payload=json.dumps(event).encode(),
            LogType="Tail",
        )
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        body = answer["Payload"].read()
        payload = json.loads(body) if body else None
        return Invocation(
            function=function,
            payload=payload,
            error=answer.get("FunctionError", "") or _find_failure(payload),
            log=tuple(log.splitlines()),
        )

    def require_payload(self, function: str, event: Any) -> Any:
        """Call a function and return its payload; raise FunctionFailedError when it raises an error."""
        invocation = self.invoke(function, event)
        if invocation.error:
            raise FunctionFailedError(function, invocation.payload)
        return invocation.payload


def _find_failure(payload: Any) -> str:
    """Return how a function reports that it failed without raising an error: an HTTP status, or records to retry."""
    if not isinstance(payload, dict):
        return ""
    status = payload.get("statusCode", 0)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"HTTP {status}"
    return "batchItemFailures" if payload.get("batchItemFailures") else ""
