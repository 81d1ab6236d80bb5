"""The commands that call functions: `invoke`, `logs`, `reconcile` and `train`, and those that read: `status`, `verify`."""

from datetime import UTC, datetime
from typing import Any

import pytest

from infra.cli.stack import Stack
from regulars.admin.function_calls import FunctionInvoker, Invocation
from regulars.domain.profiles import ProfileState, SubjectProfile
from regulars.store.ledger import Ledger
from regulars.store.order_sources import OrderSources
from regulars.store.profiles import Profiles
from tests.cli.conftest import CommandLine, select
from tests.support.aws import MotoStack
from tests.support.deployment import build_deployment
from tests.support.profile_stories import build_event

EMPTY_RESULT = {"events": 0, "people": 0, "identifiers": 0, "differences": [], "unarchived": 0}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, str]]:
    """What functions answer, one after another: payloads and errors."""
    answers: list[tuple[Any, str]] = []

    def invoke(_invoker: FunctionInvoker, function: str, _event: Any) -> Invocation:
        payload, error = answers.pop(0)
        return Invocation(function=function, payload=payload, error=error, log=("START", "END"))

    monkeypatch.setattr(FunctionInvoker, "invoke", invoke)
    return answers


@pytest.mark.parametrize(("error", "code"), [("", 0), ("Unhandled", 1)])
def test_invocation_prints_the_payload_and_the_log(
    cli: CommandLine, answers: list[tuple[Any, str]], error: str, code: int
) -> None:
    answers.extend([({"ok": True}, error)] * 2)
    result = cli.result("invoke", "build_dataset", code=code)
    assert result == {
        "function": "build_dataset",
        "payload": {"ok": True},
        "error": error,
        "log": ["START", "END"],
    }
    assert "  START\n  END\n" in cli.errors("invoke", "build_dataset", code=code)


@pytest.mark.parametrize("command", ["invoke", "logs"])
def test_unknown_function_is_named_with_those_there_are(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    deployment = build_deployment({"build_dataset": "x", "archive_events": "y"})
    select(monkeypatch, Stack(deployment, is_local=True))
    errors = cli.errors(command, "nothing", code=1)
    assert "There are: archive_events, build_dataset." in errors


@pytest.mark.parametrize(
    ("faults", "finished", "state", "code"),
    [
        ({}, True, "done", 0),
        ({}, False, "continues with the next run", 0),
        ({"orders": "The key is refused."}, False, "orders: The key is refused.", 1),
    ],
)
def test_reconciled_source_is_printed_with_its_state(
    cli: CommandLine,
    answers: list[tuple[Any, str]],
    faults: dict[str, str],
    finished: bool,
    state: str,
    code: int,
) -> None:
    outcome = {"source": "shopify/main", "new": 3, "known": 1, "rejected": 0}
    outcome |= {"finished": finished, "faults": faults}
    answers.extend([({"sources": [outcome]}, "")] * 2)
    assert cli.result("reconcile", "shopify", "main", code=code) == [outcome]
    line = cli.output("reconcile", code=code).splitlines()[-1]
    assert line.endswith(f"3      1          0  {state}")


def test_reconciliation_of_nothing_is_explained(
    cli: CommandLine, answers: list[tuple[Any, str]]
) -> None:
    answers.append(({"sources": []}, ""))
    assert "No such source" in cli.output("reconcile")


def test_failed_function_is_named_with_its_log(
    cli: CommandLine, answers: list[tuple[Any, str]]
) -> None:
    answers.append(({"errorType": "OSError"}, "Unhandled"))
    errors = cli.errors("reconcile", code=1)
    assert "reconcile_sources failed" in errors
    assert "regulars logs reconcile_sources" in errors


def test_training_without_enough_data_is_a_result(
    cli: CommandLine, answers: list[tuple[Any, str]]
) -> None:
    lacking = {"status": "insufficient_data", "reason": "There are no orders."}
    answers.extend([(lacking, "")] * 2)
    assert cli.result("train") == {"dataset": lacking, "trainings": {}, "scored_at": ""}
    assert "There are no orders." in cli.output("train")


def test_status_says_who_reports_orders_and_whether_browser_orders_count(
    cli: CommandLine, aws: MotoStack
) -> None:
    count_key = cli.result("keys", "new", "browser", "--orders", "count")
    cli.result("keys", "new", "browser")
    text = cli.output("status")
    assert "no trusted source reports them; those of browser keys count" in text
    today = str(datetime.now(UTC).date())
    OrderSources("test-control", aws.dynamodb).record_reports(["shopify/main"], today)
    OrderSources("test-control", aws.dynamodb).record_reports(["csv/old"], "2020-01-01")
    text = cli.output("status")
    assert "reported by shopify/main; those of browser keys are claims" in text
    assert f"(but key {count_key['id'][:12]}: count)" in text


def test_status_has_every_section(cli: CommandLine) -> None:
    assert [*cli.result("status")] == [
        *("stack", "api", "counts", "dataset", "scoring", "trainings", "champions"),
        *("fetched", "rejects", "dead_letters", "open_requests"),
        *("order_reporters", "order_policies", "unfinished_imports"),
    ]
    output = cli.output("status")
    assert "test at https://api.example.com" in output
    assert output.count("  none") == 9


def test_status_shows_a_skipped_night_and_a_scoring_without_a_training(
    cli: CommandLine, aws: MotoStack
) -> None:
    dataset = {"id": "dataset", "dataset_id": "ds-2", "skipped_at": "2026-11-20T02:30:05.000Z"}
    scoring = {"id": "scoring", "dataset_id": "ds-2", "missing_models": "churn", "ended_at": ""}
    for item in (dataset, scoring):
        attributes = {name: {"S": text} for name, text in item.items()}
        aws.dynamodb.put_item(TableName="test-control", Item=attributes)
    output = cli.output("status")
    assert "no new event at 2026-11-20T02:30:05.000Z" in output
    assert "has not ended  without a training of churn" in output
    assert cli.result("status")["dataset"]["skipped_at"] == "2026-11-20T02:30:05.000Z"


def test_verification_fails_when_a_profile_differs(cli: CommandLine, aws: MotoStack) -> None:
    assert cli.result("verify") == EMPTY_RESULT
    profile = SubjectProfile(subject="u:nobody", state=ProfileState(events=1), rev=1)
    Profiles("test-profiles", aws.dynamodb).write_profile(profile)
    (difference,) = cli.result("verify", code=1)["differences"]
    assert (difference["part"], difference["name"]) == ("profile", "u:nobody")
    assert "profile u:nobody: events is 1" in cli.output("verify", code=1)
    assert cli.result("verify", "--repair") == EMPTY_RESULT
    assert cli.result("verify") == EMPTY_RESULT


def test_events_that_the_lake_lacks_are_archived_by_a_repair(
    cli: CommandLine,
    aws: MotoStack,
    answers: list[tuple[Any, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    select(monkeypatch, Stack(build_deployment(), is_local=False))  # whose stream is not awaited
    Ledger("test-events", aws.dynamodb).record_events([build_event("page")])
    assert cli.result("verify", code=1)["unarchived"] == 1
    assert "1 event missing in the lake" in cli.output("verify", code=1)
    answers.append(("no space left", "Unhandled"))
    assert cli.result("verify", "--repair", code=1)["unarchived"] == 1
    answers.append((None, ""))
    assert cli.result("verify", "--repair") == EMPTY_RESULT
