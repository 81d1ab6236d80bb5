"""Each HTTP function starts and answers under the real runtime client, seeing its layers and its code alone."""

from http import HTTPStatus

import pytest

from tests.benchmarks import latency, sandbox, shop
from tests.benchmarks.runtime import LambdaRuntime
from tests.benchmarks.stub import AwsStub


@pytest.mark.parametrize(
    "subject", [latency.PROFILE_CASE, latency.WEBHOOK_CASE, latency.TRACK_CASE]
)
def test_function_answers_in_a_clean_interpreter(subject: latency.LatencyCase) -> None:
    box = sandbox.create_function_sandbox(subject.function)
    with AwsStub(shop.build_replies(latency.CONTACT)) as stub:
        variables = shop.build_environment(subject.settings) | stub.environment
        with LambdaRuntime(box, f"{subject.function}.handler.handler", variables) as runtime:
            assert runtime.invoke_function(subject.event())["statusCode"] == HTTPStatus.OK
            assert runtime.invoke_function(subject.event())["statusCode"] == HTTPStatus.OK
