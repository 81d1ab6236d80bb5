"""Each HTTP function starts and responds under the real runtime client, with only its layers and its code."""

from http import HTTPStatus

import pytest

from tests.benchmarks import latency, sandbox, shop
from tests.benchmarks.runtime import LambdaRuntime
from tests.benchmarks.stub import AwsStub


@pytest.mark.parametrize(
    "subject", [latency.PROFILE_CASE, latency.WEBHOOK_CASE, latency.TRACK_CASE]
)
def test_function_responds_in_a_clean_interpreter(subject: latency.LatencyCase) -> None:
    function_sandbox = sandbox.create_function_sandbox(subject.function)
    with AwsStub(shop.build_replies()) as stub:
        variables = shop.build_environment(subject.settings) | stub.environment
        with LambdaRuntime(
            function_sandbox, f"{subject.function}.handler.handler", variables
        ) as runtime:
            assert runtime.invoke_function(subject.event())["statusCode"] == HTTPStatus.OK
            assert runtime.invoke_function(subject.event())["statusCode"] == HTTPStatus.OK
