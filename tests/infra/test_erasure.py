"""Checks what the template says about erasures: the wait, and the dead letters that the function removes."""

import pytest
from aws_cdk import App

from infra.constructs.policy import Policy
from tests.support.template import Template, find_logical_id

DEFAULT_SETTINGS = {
    "retain_data": True,
    "architecture": "arm64",
    "default_country": "GB",
    "default_currency": "GBP",
    "abandoned_after_minutes": 60,
    "erasure_wait_seconds": 90,
    "requests_per_second": {"$default": [2, 100]},
}


def read_wait(value: object) -> int:
    app = App(context=DEFAULT_SETTINGS | {"erasure_wait_seconds": value})
    return Policy.from_context(app.node).erasure_wait_seconds


def test_erasure_waits_for_90_seconds_by_default(template: Template) -> None:
    variables = template.list_functions()["erase_person"]["Environment"]["Variables"]
    assert variables["ERASURE_WAIT_SECONDS"] == "90"


@pytest.mark.parametrize("value", [0, "30", 600])
def test_wait_can_be_set(value: object) -> None:
    assert read_wait(value) == int(str(value))


@pytest.mark.parametrize("value", [-1, "601", "soon"])
def test_wait_beyond_the_time_of_the_function_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"erasure_wait_seconds|soon"):
        read_wait(value)


def test_function_knows_every_dead_letter_queue(template: Template) -> None:
    variables = template.list_functions()["erase_person"]["Environment"]["Variables"]
    (separator, parts) = variables["DEAD_LETTER_QUEUES"]["Fn::Join"]
    urls = [part for part in parts if part != " "]
    known = {find_logical_id(url) for url in urls}
    assert separator in {"", " "}
    assert known == template.list_resources("AWS::SQS::Queue").keys()
