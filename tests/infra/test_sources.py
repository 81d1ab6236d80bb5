"""What starts a function: streams, arrivals and the clock, each bounded and with dead letters."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.support.template import Template, find_logical_id

STREAMED = ("archive_events", "update_profiles")
ARRIVALS = {
    ("import_history", "uploads", "imports/*.csv"),
    ("import_history", "uploads", "imports/*.csv.progress.json"),
    ("import_history", "uploads", "imports/*.CSV"),
    ("import_history", "uploads", "imports/*.CSV.progress.json"),
    ("train_segments", "lake", "datasets/*/manifest.json"),
    ("train_churn", "lake", "datasets/*/manifest.json"),
    ("train_recommender", "lake", "datasets/*/manifest.json"),
    ("score_profiles", "artifacts", "models/*/outcome.json"),
}
RULED = sorted({name for name, _, _ in ARRIVALS} | {"build_dataset", "reconcile_sources"})
ASYNCHRONOUS = sorted({*RULED, "detect_abandonment"})


def find_rules(template: Template) -> dict[str, dict[str, Any]]:
    """Function → the rule that starts it."""
    return {
        template.find_folder(target["Arn"]): rule
        for rule in template.list_resources("AWS::Events::Rule").values()
        for target in rule["Targets"]
    }


def find_mappings(template: Template) -> dict[str, dict[str, Any]]:
    """Function → its event source mapping."""
    return {
        template.find_folder(mapping["FunctionName"]): mapping
        for mapping in template.list_resources("AWS::Lambda::EventSourceMapping").values()
    }


def test_arrivals_start_the_functions_that_wait_for_them(template: Template) -> None:
    arrivals = set()
    for name, rule in find_rules(template).items():
        if detail := rule.get("EventPattern", {}).get("detail"):
            (bucket,) = detail["bucket"]["name"]
            arrivals |= {
                (name, template.to_words(bucket), key["wildcard"])
                for key in detail["object"]["key"]
            }
    assert arrivals == ARRIVALS


def test_only_a_large_import_starts_itself_again(template: Template) -> None:
    loops = set()
    for name, bucket, pattern in ARRIVALS:
        key = f"{bucket}/{pattern.replace('*', 'x')}"
        for resource, actions in template.list_grants(name).items():
            if "s3:PutObject" in actions and fnmatchcase(key, resource):
                loops.add((name, pattern))
    assert loops == {
        ("import_history", f"imports/*.{suffix}.progress.json") for suffix in ("csv", "CSV")
    }


def test_dataset_is_built_every_night(template: Template) -> None:
    assert find_rules(template)["build_dataset"]["ScheduleExpression"] == "cron(30 2 * * ? *)"


def test_providers_are_asked_every_hour(template: Template) -> None:
    assert find_rules(template)["reconcile_sources"]["ScheduleExpression"] == "rate(1 hour)"


@pytest.mark.parametrize("name", RULED)
def test_rule_target_gives_up_into_dead_letters(template: Template, name: str) -> None:
    (target,) = find_rules(template)[name]["Targets"]
    assert target["RetryPolicy"]["MaximumRetryAttempts"] <= 8
    assert template.to_words(target["DeadLetterConfig"]["Arn"]) == "dead letters"


@pytest.mark.parametrize("name", ASYNCHRONOUS)
def test_asynchronous_function_gives_up_into_dead_letters(template: Template, name: str) -> None:
    configs = template.list_resources("AWS::Lambda::EventInvokeConfig").values()
    (config,) = (one for one in configs if template.find_folder(one["FunctionName"]) == name)
    assert config["MaximumRetryAttempts"] == 2
    destination = config["DestinationConfig"]["OnFailure"]["Destination"]
    assert template.to_words(destination) == "dead letters"


def test_event_bridge_may_write_to_each_rules_dead_letters(template: Template) -> None:
    targets = [rule["Targets"][0] for rule in find_rules(template).values()]
    queues = {find_logical_id(target["DeadLetterConfig"]["Arn"]) for target in targets}
    allowed = {
        find_logical_id(policy["Queues"][0])
        for policy in template.list_resources("AWS::SQS::QueuePolicy").values()
        if "events.amazonaws.com" in json.dumps(policy)
    }
    assert queues == allowed


def test_stream_feeds_profiles_and_the_lake(template: Template) -> None:
    assert sorted(find_mappings(template)) == list(STREAMED)
    for mapping in find_mappings(template).values():
        assert template.to_words(mapping["EventSourceArn"]) == "events stream"


@pytest.mark.parametrize("name", STREAMED)
def test_stream_stops_for_no_poison_record(template: Template, name: str) -> None:
    mapping = find_mappings(template)[name]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 0 < mapping["MaximumRetryAttempts"] <= 10
    assert 0 < mapping["MaximumRecordAgeInSeconds"] < 86_400
    destination = mapping["DestinationConfig"]["OnFailure"]["Destination"]
    assert template.to_words(destination) == "dead letters"


@pytest.mark.parametrize("name", STREAMED)
def test_stream_passes_what_was_written_only(template: Template, name: str) -> None:
    (criterion,) = find_mappings(template)[name]["FilterCriteria"]["Filters"]
    assert json.loads(criterion["Pattern"]) == {"eventName": ["INSERT", "MODIFY"]}


def test_each_function_has_dead_letters_of_its_own(template: Template) -> None:
    queues = template.list_resources("AWS::SQS::Queue")
    assert len(queues) == len(ASYNCHRONOUS) + len(STREAMED)
    assert {queue["MessageRetentionPeriod"] for queue in queues.values()} == {14 * 86_400}
