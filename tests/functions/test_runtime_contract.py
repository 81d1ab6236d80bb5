"""Each HTTP function starts and answers under the real runtime client, seeing its layers and its code alone."""

from http import HTTPStatus

import pytest

from tests.benchmarks import latency, sandbox, shop
from tests.benchmarks.runtime import Runtime
from tests.benchmarks.stub import Stub


@pytest.mark.parametrize("subject", [latency.PROFILE, latency.WEBHOOK, latency.TRACK])
def test_function_answers_in_a_clean_interpreter(subject: latency.Subject) -> None:
    box = sandbox.of_function(subject.function)
    with Stub(shop.replies(latency.CONTACT)) as stub:
        variables = shop.environment(subject.settings) | stub.environment
        with Runtime(box, f"{subject.function}.handler.handler", variables) as runtime:
            assert runtime.invoke(subject.event())["statusCode"] == HTTPStatus.OK
            assert runtime.invoke(subject.event())["statusCode"] == HTTPStatus.OK
