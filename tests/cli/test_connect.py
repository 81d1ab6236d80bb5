"""`regulars connect`: options, prompts, values from elsewhere, and what is printed."""

import io

import pytest

from infra.cli.main import INTERRUPTED_CODE
from regulars.store.parameters import Parameters, SourceSecrets
from regulars.store.sources import Sources
from tests.cli.conftest import CommandLine
from tests.support import shopify_deliveries as shopify
from tests.support.aws import PREFIX, MotoStack
from tests.support.deployment import API_URL

URL = f"{API_URL}/hooks/shopify/main"


def open_terminal(monkeypatch: pytest.MonkeyPatch, typed: str, hidden: str = "") -> None:
    """The owner sits at a terminal and types the same to every question."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda: typed)
    monkeypatch.setattr("getpass.getpass", lambda *_: hidden)


def read_secrets(aws: MotoStack, channel: str) -> SourceSecrets:
    return Parameters(PREFIX, aws.ssm).read_source_secrets(channel, "main")


def test_result_names_the_source_its_url_and_its_state(cli: CommandLine) -> None:
    result = cli.result("connect", "shopify", "--secret", "s", "--set", f"shop={shopify.SHOP}")
    assert result == {"channel": "shopify", "source": "main", "url": URL, "state": "on"}


def test_generated_secret_is_part_of_the_result(cli: CommandLine, aws: MotoStack) -> None:
    result = cli.result("connect", "form")
    assert [*result] == ["channel", "source", "url", "state", "secret"]
    assert read_secrets(aws, "form").signing == (result["secret"],)


def test_connecting_again_lists_what_changed(cli: CommandLine) -> None:
    cli.result("connect", "shopify")
    again = ("connect", "shopify", "--secret", "canary", "--url", "https://a.example/in")
    assert cli.result(*again)["changed"] == [
        f"url: https://a.example/in instead of {URL}",
        "the secret",
    ]
    assert cli.result("connect", "shopify", "--set", "shop=a")["changed"] == [
        "shop: a.myshopify.com instead of nothing"
    ]


def test_output_says_what_to_click_and_no_secret(cli: CommandLine) -> None:
    output = cli.output("connect", "shopify", "--secret", "canary-secret")
    assert "Settings → Notifications → Webhooks" in output
    assert f"URL: {URL}" in output
    assert "regulars sources test shopify main" in output
    assert "canary-secret" not in output


def test_output_of_a_waiting_source_says_how_to_give_its_secret(cli: CommandLine) -> None:
    assert "regulars connect stripe --name main --secret …" in cli.output("connect", "stripe")


def test_owner_at_a_terminal_is_prompted(
    cli: CommandLine, aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_terminal(monkeypatch, f" {shopify.SHOP} ", "typed")
    errors = cli.errors("connect", "shopify")
    source = Sources("test-control", aws.dynamodb).find_source("shopify", "main")
    assert source
    assert source.config == {"shop": shopify.SHOP, "url": URL}
    assert read_secrets(aws, "shopify").signing == ("typed",)
    # The URL is shown before the provider's secret is asked for.
    assert f"URL: {URL}" in errors


def test_prompt_may_be_left_empty_and_later_keeps_the_stored_secret(
    cli: CommandLine, aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_terminal(monkeypatch, "")
    assert cli.result("connect", "shopify")["state"] == "waiting"
    cli.result("connect", "shopify", "--secret", "s")
    assert cli.result("connect", "shopify")["changed"] == []
    assert read_secrets(aws, "shopify").signing == ("s",)


def test_end_of_input_at_a_prompt_interrupts(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdin.readline", lambda: "")
    cli.output("connect", "shopify", code=INTERRUPTED_CODE)


def test_values_are_read_from_standard_input_and_the_environment(
    cli: CommandLine, aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("from-the-input\nsecond line\n"))
    monkeypatch.setenv("WORD", "from-the-environment")
    cli.result("connect", "whatsapp", "--secret", "-", "--set", "verify_token=env:WORD")
    assert read_secrets(aws, "whatsapp") == SourceSecrets(
        ("from-the-input",), {"verify_token": "from-the-environment"}
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("stripe", "--secret", "env:NOWHERE_TO_BE_FOUND"), "no variable NOWHERE_TO_BE_FOUND"),
        (("shopify", "--set", "shop"), "shop is not FIELD=VALUE"),
        (("wechat", "--set", "app_id=wx1"), "encoding_aes_key is missing"),
        (("ses-sns", "--set", "topic_arns=a", "--secret", "s"), "needs no secret"),
        (
            ("shopify", "--set", "api_key=canary"),
            "--set takes: access_token, client_id, client_secret, shop",
        ),
        (("shopify", "--set", "shop=my shop"), "such as"),
    ],
)
def test_request_that_cannot_be_carried_out_is_explained(
    cli: CommandLine, words: tuple[str, ...], message: str
) -> None:
    assert message in cli.errors("connect", *words, code=1)


def test_unknown_field_is_stored_with_a_warning(cli: CommandLine) -> None:
    assert "It asks for: shop." in cli.errors("connect", "shopify", "--set", "shpo=s")
