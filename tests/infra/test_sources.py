"""Checks the triggers of the functions: streams, object events and schedules, each with limits and dead letters."""

import json
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

import pytest

from regulars.learning.scoring.start import MAX_TRAINING_TIME
from tests.support.template import Template, find_logical_id

STREAM_FUNCTIONS = ("archive_events", "update_profiles")
OBJECT_EVENTS = {
    ("import_history", "uploads", "imports/*.csv"),
    ("import_history", "uploads", "imports/*.csv.progress.json"),
    ("import_history", "uploads", "imports/*.CSV"),
    ("import_history", "uploads", "imports/*.CSV.progress.json"),
    ("train_segments", "lake", "datasets/*/manifest.json"),
    ("train_churn", "lake", "datasets/*/manifest.json"),
    ("train_recommender", "lake", "datasets/*/manifest.json"),
    ("score_profiles", "artifacts", "models/*/outcome.json"),
}
RULE_FUNCTIONS = sorted(
    {name for name, _, _ in OBJECT_EVENTS}
    | {"build_dataset", "propose_people", "reconcile_sources"}
)
ASYNCHRONOUS_FUNCTIONS = sorted({*RULE_FUNCTIONS, "detect_abandonment", "erase_person"})


def list_rules(template: Template) -> list[tuple[str, dict[str, Any]]]:
    """Return every EventBridge rule with the function that it starts."""
    return [
        (template.find_folder(target["Arn"]), rule)
        for rule in template.list_resources("AWS::Events::Rule").values()
        for target in rule["Targets"]
    ]


def find_schedules(template: Template) -> dict[str, str]:
    """Return the schedule of each function that has one."""
    return {
        name: rule["ScheduleExpression"]
        for name, rule in list_rules(template)
        if "ScheduleExpression" in rule
    }


def find_mappings(template: Template) -> dict[str, dict[str, Any]]:
    """Return the event source mapping of each function that has one."""
    return {
        template.find_folder(mapping["FunctionName"]): mapping
        for mapping in template.list_resources("AWS::Lambda::EventSourceMapping").values()
    }


def test_object_events_start_their_functions(template: Template) -> None:
    object_events = set()
    for name, rule in list_rules(template):
        if detail := rule.get("EventPattern", {}).get("detail"):
            (bucket,) = detail["bucket"]["name"]
            object_events |= {
                (name, template.to_words(bucket), key["wildcard"])
                for key in detail["object"]["key"]
            }
    assert object_events == OBJECT_EVENTS


def test_no_function_but_the_import_starts_itself(template: Template) -> None:
    loops = set()
    for name, bucket, pattern in OBJECT_EVENTS:
        key = f"{bucket}/{pattern.replace('*', 'x')}"
        for resource, actions in template.list_grants(name).items():
            if "s3:PutObject" in actions and fnmatchcase(key, resource):
                loops.add((name, pattern))
    assert loops == {
        ("import_history", f"imports/*.{suffix}.progress.json") for suffix in ("csv", "CSV")
    }


def test_dataset_is_built_every_night(template: Template) -> None:
    assert find_schedules(template)["build_dataset"] == "cron(30 2 * * ? *)"


def test_overdue_scoring_starts_when_no_training_can_end_any_more(template: Template) -> None:
    assert find_schedules(template)["score_profiles"] == "cron(45 3 * * ? *)"
    assert timedelta(minutes=3 * 60 + 45 - (2 * 60 + 30)) > MAX_TRAINING_TIME


def test_sources_are_reconciled_every_hour(template: Template) -> None:
    assert find_schedules(template)["reconcile_sources"] == "rate(1 hour)"


def test_people_are_proposed_every_week(template: Template) -> None:
    assert find_schedules(template)["propose_people"] == "cron(30 4 ? * SUN *)"


@pytest.mark.parametrize("name", RULE_FUNCTIONS)
def test_rule_target_sends_failures_to_dead_letters(template: Template, name: str) -> None:
    for _, rule in (entry for entry in list_rules(template) if entry[0] == name):
        (target,) = rule["Targets"]
        assert target["RetryPolicy"]["MaximumRetryAttempts"] <= 8
        assert template.to_words(target["DeadLetterConfig"]["Arn"]) == "dead letters"


@pytest.mark.parametrize("name", ASYNCHRONOUS_FUNCTIONS)
def test_asynchronous_function_sends_failures_to_dead_letters(
    template: Template, name: str
) -> None:
    configs = template.list_resources("AWS::Lambda::EventInvokeConfig").values()
    (config,) = (
        candidate
        for candidate in configs
        if template.find_folder(candidate["FunctionName"]) == name
    )
    assert config["MaximumRetryAttempts"] == 2
    destination = config["DestinationConfig"]["OnFailure"]["Destination"]
    assert template.to_words(destination) == "dead letters"


def test_event_bridge_may_write_to_dead_letter_queues(template: Template) -> None:
    targets = [rule["Targets"][0] for _, rule in list_rules(template)]
    queues = {find_logical_id(target["DeadLetterConfig"]["Arn"]) for target in targets}
    allowed_queues = {
        find_logical_id(policy["Queues"][0])
        for policy in template.list_resources("AWS::SQS::QueuePolicy").values()
        if "events.amazonaws.com" in json.dumps(policy)
    }
    assert queues == allowed_queues


def test_events_stream_starts_profiles_and_archive(template: Template) -> None:
    assert sorted(find_mappings(template)) == list(STREAM_FUNCTIONS)
    for mapping in find_mappings(template).values():
        assert template.to_words(mapping["EventSourceArn"]) == "events stream"


@pytest.mark.parametrize("name", STREAM_FUNCTIONS)
def test_stream_continues_after_a_record_that_always_fails(template: Template, name: str) -> None:
    mapping = find_mappings(template)[name]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 0 < mapping["MaximumRetryAttempts"] <= 10
    assert 0 < mapping["MaximumRecordAgeInSeconds"] < 86_400
    destination = mapping["DestinationConfig"]["OnFailure"]["Destination"]
    assert template.to_words(destination) == "dead letters"


@pytest.mark.parametrize("name", STREAM_FUNCTIONS)
def test_stream_filter_passes_inserts_and_changes_only(template: Template, name: str) -> None:
    (criterion,) = find_mappings(template)[name]["FilterCriteria"]["Filters"]
    assert json.loads(criterion["Pattern"]) == {"eventName": ["INSERT", "MODIFY"]}


def test_each_function_has_its_own_dead_letter_queue(template: Template) -> None:
    queues = template.list_resources("AWS::SQS::Queue")
    assert len(queues) == len(ASYNCHRONOUS_FUNCTIONS) + len(STREAM_FUNCTIONS)
    assert {queue["MessageRetentionPeriod"] for queue in queues.values()} == {14 * 86_400}
