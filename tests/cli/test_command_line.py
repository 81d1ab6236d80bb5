"""What a newcomer types first: nothing, the version, a misspelt command, a channel in capitals, and odd secrets."""

import re

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, NoRegionError

from infra.cli.advice import explain_aws_error
from infra.cli.main import COMMANDS, build_parser, main, read_version
from infra.cli.texts.setup_steps import describe_steps, describe_tunnel
from regulars.channels.registry import list_channels, load_channel
from tests.cli.conftest import CommandLine

URL = "https://api.example/hooks/shopify/main"


def run_usage_error(*words: str) -> int:
    with pytest.raises(SystemExit) as exit_:
        main(words)
    return int(str(exit_.value.code))


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(f"    {command} " in shown for command in COMMANDS)


def test_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_usage_error("--version") == 0
    assert capsys.readouterr().out == f"regulars {read_version()}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+", read_version())


@pytest.mark.parametrize(
    ("words", "right"),
    [(["statsu"], "status"), (["improt"], "import"), (["people", "shwo"], "show")],
)
def test_misspelt_command_names_the_right_one(
    capsys: pytest.CaptureFixture[str], words: list[str], right: str
) -> None:
    assert run_usage_error(*words) == 2
    assert f"Did you mean: {right}" in capsys.readouterr().err


def test_channel_is_named_in_any_case(cli: CommandLine) -> None:
    assert cli.result("connect", "ShopiFy", "--secret", "s")["channel"] == "shopify"


def test_channels_are_listed_with_what_they_receive(cli: CommandLine) -> None:
    assert [one["channel"] for one in cli.result("channels")] == list_channels()
    output = cli.output("channels")
    assert re.search(r"woocommerce +WooCommerce +Receive", output)


@pytest.mark.parametrize("secret", ["-abc", "-h1x", "-"])
def test_secret_may_begin_with_a_dash(secret: str) -> None:
    arguments = build_parser().parse_args(["connect", "stripe", "--secret", secret, "--json"])
    assert (arguments.secret, arguments.json) == (secret, True)


@pytest.mark.parametrize("id_", ["-Ab3_x", "-h4Zk9", "-e-e-e"])
def test_id_may_begin_with_a_dash(id_: str) -> None:
    arguments = build_parser().parse_args(["people", "undo", id_, "--yes"])
    assert (arguments.decision, arguments.yes) == (id_, True)


@pytest.mark.parametrize("name", list_channels())
def test_every_channel_has_short_steps_with_its_url(name: str) -> None:
    lines = describe_steps(load_channel(name), URL, "s3cret")
    *steps, page = lines
    assert 1 <= len(steps) <= 7
    assert any(URL in step for step in steps)
    assert not [step for step in steps if re.search(r"Run `regulars connect|ed below|<URL>", step)]
    assert load_channel(name).title in page


def test_url_and_secret_come_before_the_steps(cli: CommandLine) -> None:
    lines = cli.output("connect", "form").splitlines()
    assert lines[0].startswith("URL: ")
    assert lines[1].startswith("Secret: ")
    assert len(lines) <= 20


@pytest.mark.parametrize("host", ["127.0.0.1:4566", "localhost:9", "[::1]:80"])
def test_url_of_this_machine_comes_with_a_tunnel(host: str) -> None:
    path = "/_aws/execute-api/a1/hooks/shopify/eu"
    text = "\n".join(describe_tunnel("shopify", "eu", f"http://{host}{path}"))
    assert f"--url http://{host}\n" in text
    assert (
        f"regulars connect shopify --name eu --url 'https://NAME.trycloudflare.com{path}'" in text
    )
    assert "make deploy" in text


def test_public_url_needs_no_tunnel() -> None:
    assert describe_tunnel("shopify", "main", URL) == []


def test_error_on_the_way_to_aws_names_its_cause() -> None:
    unreachable = EndpointConnectionError(endpoint_url="https://dynamodb.example")
    assert "internet" in explain_aws_error(unreachable)
    assert "aws configure" in explain_aws_error(NoCredentialsError())
    assert "AWS_REGION" in explain_aws_error(NoRegionError())
