"""Schedules of carts: what they may do, who may set them, and when they are due."""

import json

import pytest

from tests.support.template import Template, to_list


def find_schedule_role(template: Template) -> tuple[str, dict[str, object]]:
    """The logical id and the properties of the one role that the scheduler may take on."""
    roles = template.list_resources("AWS::IAM::Role").items()
    (found,) = ((name, role) for name, role in roles if "scheduler.amazonaws" in json.dumps(role))
    return found


def test_schedules_may_invoke_the_one_function_only(template: Template) -> None:
    name, _ = find_schedule_role(template)
    granted = {
        template.to_words(resource): to_list(statement["Action"])
        for policy in template.list_resources("AWS::IAM::Policy").values()
        if {"Ref": name} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
        for resource in to_list(statement["Resource"])
    }
    assert granted == {
        "detectabandonment": ["lambda:InvokeFunction"],
        "dead letters": ["sqs:SendMessage"],
    }


def test_scheduler_takes_the_role_on_for_this_account_only(template: Template) -> None:
    _, role = find_schedule_role(template)
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]  # type: ignore[index]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_role_is_passed_to_the_scheduler_only(template: Template) -> None:
    (passing,) = (
        statement
        for statement in template.list_statements("update_profiles")
        if statement["Action"] == "iam:PassRole"
    )
    service = {"iam:PassedToService": "scheduler.amazonaws.com"}
    assert passing["Condition"] == {"StringEquals": service}


def test_variables_name_the_function_its_role_and_its_dead_letters(template: Template) -> None:
    variables = template.list_functions()["update_profiles"]["Environment"]["Variables"]
    checks = {key: value for key, value in variables.items() if key.startswith("CART_CHECKS_")}
    assert {
        key.removeprefix("CART_CHECKS_"): template.to_words(it) for key, it in checks.items()
    } == {
        "FUNCTION": "detectabandonment",
        "ROLE": "schedules",
        "DEAD_LETTERS": "dead letters",
        "PREFIX": "Regulars-cart-",
    }


@pytest.mark.parametrize("name", ["update_profiles", "detect_abandonment"])
def test_carts_are_abandoned_after_an_hour_by_default(template: Template, name: str) -> None:
    variables = template.list_functions()[name]["Environment"]["Variables"]
    assert variables["ABANDONED_AFTER_MINUTES"] == "60"
