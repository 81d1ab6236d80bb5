"""Checks the schedules of cart checks: what they may invoke, which role creates them, and when they are due."""

import json

import pytest

from tests.support.template import Template, to_list


def find_schedules_role(template: Template) -> tuple[str, dict[str, object]]:
    """Return the logical id and the properties of the one role that EventBridge Scheduler may assume."""
    roles = template.list_resources("AWS::IAM::Role").items()
    (schedules_role,) = (
        (name, role) for name, role in roles if "scheduler.amazonaws" in json.dumps(role)
    )
    return schedules_role


def test_schedules_may_invoke_one_function_only(template: Template) -> None:
    name, _ = find_schedules_role(template)
    granted_actions = {
        template.to_words(resource): to_list(statement["Action"])
        for policy in template.list_resources("AWS::IAM::Policy").values()
        if {"Ref": name} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
        for resource in to_list(statement["Resource"])
    }
    assert granted_actions == {
        "detectabandonment": ["lambda:InvokeFunction"],
        "dead letters": ["sqs:SendMessage"],
    }


def test_scheduler_assumes_the_role_for_this_account_only(template: Template) -> None:
    _, role = find_schedules_role(template)
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]  # type: ignore[index]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_schedules_role_is_passed_to_the_scheduler_only(template: Template) -> None:
    (pass_role,) = (
        statement
        for statement in template.list_statements("update_profiles")
        if statement["Action"] == "iam:PassRole"
    )
    service = {"iam:PassedToService": "scheduler.amazonaws.com"}
    assert pass_role["Condition"] == {"StringEquals": service}


def test_cart_check_variables_name_function_role_and_dead_letters(template: Template) -> None:
    variables = template.list_functions()["update_profiles"]["Environment"]["Variables"]
    assert {
        name.removeprefix("CART_CHECKS_"): template.to_words(value)
        for name, value in variables.items()
        if name.startswith("CART_CHECKS_")
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
