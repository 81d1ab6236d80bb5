"""Calling a deployed function: its payload, its error and its log, and its log group."""

import base64
import io
import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from regulars.admin.errors import FunctionFailedError, FunctionNotFoundError
from regulars.admin.function_calls import FunctionInvoker, Invocation
from regulars.admin.function_logs import FunctionLogs
from tests.support.aws import REGION
from tests.support.deployment import build_deployment

DEPLOYMENT = build_deployment({"build_dataset": "Regulars-build-X1"})
LOG_GROUP = "/regulars/build"


class LambdaClient:
    """Answers every call alike, as Lambda does."""

    def __init__(self, payload: object, **answer: Any) -> None:
        self.calls: list[dict[str, Any]] = []
        self._payload = payload
        self._answer = answer

    def invoke(self, **arguments: Any) -> dict[str, Any]:
        """Return the payload as a stream."""
        self.calls.append(arguments)
        return {"Payload": io.BytesIO(json.dumps(self._payload).encode()), **self._answer}

    def get_function_configuration(self, **_arguments: Any) -> dict[str, Any]:
        """Return the log group."""
        return {"LoggingConfig": {"LogGroup": LOG_GROUP}}


def invoker_of(client: Any) -> FunctionInvoker:
    return FunctionInvoker(DEPLOYMENT, client)


def test_function_is_called_by_its_physical_name() -> None:
    client = LambdaClient({"ok": True}, LogResult=base64.b64encode(b"START\nEND").decode())
    invocation = invoker_of(client).invoke("build_dataset", {"cutoff": "now"})
    assert invocation == Invocation(
        function="build_dataset", payload={"ok": True}, log=("START", "END")
    )
    assert client.calls[0]["FunctionName"] == "Regulars-build-X1"
    assert json.loads(client.calls[0]["Payload"]) == {"cutoff": "now"}


def test_error_of_a_function_is_raised_when_its_payload_is_required() -> None:
    client = LambdaClient({"errorType": "OSError"}, FunctionError="Unhandled")
    assert invoker_of(client).invoke("build_dataset", {}).error == "Unhandled"
    with pytest.raises(FunctionFailedError, match="OSError"):
        invoker_of(client).require_payload("build_dataset", {})


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"statusCode": 503, "body": "{}"}, "HTTP 503"),
        ({"batchItemFailures": [{"itemIdentifier": "7"}]}, "batchItemFailures"),
        ({"statusCode": 404}, ""),
        ({"batchItemFailures": []}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_failure_that_a_function_reports_is_an_error(payload: Any, error: str) -> None:
    assert invoker_of(LambdaClient(payload)).invoke("build_dataset", {}).error == error


def test_unknown_function_is_named_with_those_there_are() -> None:
    with pytest.raises(FunctionNotFoundError) as unknown:
        invoker_of(LambdaClient({})).invoke("nothing", {})
    assert unknown.value.functions == ("build_dataset",)


@mock_aws
def test_log_lines_since_a_time_are_read_oldest_first() -> None:
    logs: Any = boto3.client("logs", region_name=REGION)
    logs.create_log_group(logGroupName=LOG_GROUP)
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName="s")
    now = int(datetime.now(UTC).timestamp() * 1000)
    events = [
        {"timestamp": now + offset, "message": text}
        for offset, text in ((-60_000, "early\n"), (0, "first\n"), (1, "second\n"))
    ]
    logs.put_log_events(logGroupName=LOG_GROUP, logStreamName="s", logEvents=events)
    client: Any = LambdaClient({})
    since = datetime.fromtimestamp((now - 30_000) / 1000, UTC)
    assert [*FunctionLogs(DEPLOYMENT, client, logs).read("build_dataset", since)] == [
        "first",
        "second",
    ]
