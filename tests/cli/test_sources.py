"""`regulars sources`: what each action prints, and its exit code."""

from typing import Any

import pytest

from infra.cli.commands import sources as command
from infra.cli.texts.sample_delivery import describe_sample
from regulars.admin.delivery_response import DeliveryResponse
from regulars.admin.sample_delivery import SampleOutcome, SampleResult
from tests.cli.conftest import CommandLine
from tests.support.deployment import API_URL


def sample(
    outcome: SampleOutcome, status: int = 200, body: str = "{}", **fields: Any
) -> SampleResult:
    response = DeliveryResponse(status, body)
    return SampleResult(channel="form", name="main", outcome=outcome, response=response, **fields)


def test_listed_source_has_all_facts_and_no_secret(cli: CommandLine) -> None:
    cli.result("connect", "shopify", "--secret", "canary-secret")
    cli.result("sources", "disable", "shopify", "main")
    (listed,) = cli.result("sources", "list")
    assert listed == {
        "channel": "shopify",
        "source": "main",
        "config": {"url": f"{API_URL}/hooks/shopify/main"},
        "disabled": True,
        "state": "disabled",
        "url": f"{API_URL}/hooks/shopify/main",
        "secrets": 1,
        "credentials": [],
        "fetched": {},
    }


def test_table_names_each_source_with_its_url(cli: CommandLine) -> None:
    cli.result("connect", "typeform")
    heading, row = cli.output("sources", "list").splitlines()
    assert heading.split() == ["channel", "name", "state", "secrets", "fetched", "url"]
    assert row.split() == ["typeform", "main", "on", "1", "-", f"{API_URL}/hooks/typeform/main"]


def test_rotation_returns_the_generated_secret_and_where_to_paste_it(cli: CommandLine) -> None:
    cli.result("connect", "form")
    assert [*cli.result("sources", "rotate", "form")] == ["url", "secret"]
    assert "Paste the new secret at form." in cli.output("sources", "rotate", "form")


def test_rotation_prompts_for_the_secret_of_the_provider(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.result("connect", "stripe", "--secret", "first")
    assert "--secret …" in cli.errors("sources", "rotate", "stripe", code=1)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda *_: "second")
    assert "secret" not in cli.result("sources", "rotate", "stripe")


def test_rotation_of_a_channel_without_secrets_is_explained(cli: CommandLine) -> None:
    cli.result("connect", "ses-sns", "--set", "topic_arns=arn:ours")
    assert "needs no secret" in cli.errors("sources", "rotate", "ses-sns", code=1)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("sources list", "regulars connect CHANNEL"),
        ("sources disable form contact", "regulars sources enable form contact"),
        ("sources enable form contact", "regulars replay --source form/contact"),
    ],
)
def test_output_says_what_can_be_done_next(cli: CommandLine, words: str, hint: str) -> None:
    if "form" in words:
        cli.result("connect", "form", "--name", "contact")
    assert hint in cli.output(*words.split())


def test_unknown_source_is_named_with_the_command_that_lists_them(cli: CommandLine) -> None:
    errors = cli.errors("sources", "disable", "form", "contact", code=1)
    assert "There is no source form/contact." in errors
    assert "regulars sources list" in errors


@pytest.mark.parametrize(("outcome", "code"), [("set_aside", 0), ("refused", 1)])
def test_exit_code_of_a_test_says_whether_deliveries_are_accepted(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, outcome: SampleOutcome, code: int
) -> None:
    monkeypatch.setattr(command, "send_sample", lambda *_: sample(outcome, reject_code="honeypot"))
    result = cli.result("sources", "test", "form", code=code)
    assert [*result] == ["outcome", "words", "status", "answer"]
    assert (result["outcome"], result["status"], result["answer"]) == (outcome, 200, "{}")


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "invalid_signature", "within half a minute"),
        (403, "forbidden", "within half a minute"),
        (404, "not_found", "the source is not known there"),
        (503, "source_waiting", "its secret is not known"),
        (500, "internal", "regulars logs receive_webhook"),
        (429, "", "Refused (429)"),
    ],
)
def test_refused_sample_is_explained(status: int, code: str, words: str) -> None:
    assert words in describe_sample(sample("refused", status, f'{{"code": "{code}"}}'))


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (sample("stored", event_types=("Order Created",)), "Stored: Order Created."),
        (sample("known", event_types=("Order Created",)), "Stored before: Order Created."),
        (sample("set_aside", reject_code="honeypot"), "set aside (honeypot)"),
        (sample("reached", 401), "Only form can sign one"),
        (sample("refused"), "the ledger does not hold the event"),
        (sample("refused", is_disabled=True), "ten seconds"),
        (
            sample("refused", 404, '{"code": "source_disabled"}', is_disabled=True),
            "regulars sources enable form main",
        ),
    ],
)
def test_every_outcome_is_described(result: SampleResult, words: str) -> None:
    assert words in describe_sample(result)
