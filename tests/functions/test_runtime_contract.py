"""Each HTTP function starts and responds under the real runtime client, with only its layers and its code."""

from http import HTTPStatus

import pytest

from tests.benchmarks import latency, sandbox, shop
from tests.benchmarks.runtime import Runtime
from tests.benchmarks.stub import Stub


@pytest.mark.parametrize("subject", [latency.PROFILE, latency.WEBHOOK, latency.TRACK])
def test_function_responds_in_a_clean_interpreter(subject: latency.Subject) -> None:
    function_sandbox = sandbox.of_function(subject.function)
    with Stub(shop.replies(latency.CONTACT)) as stub:
        variables = shop.environment(subject.settings) | stub.environment
        with Runtime(function_sandbox, f"{subject.function}.handler.handler", variables) as runtime:
            assert runtime.invoke(subject.event())["statusCode"] == HTTPStatus.OK
            assert runtime.invoke(subject.event())["statusCode"] == HTTPStatus.OK
