"""The commands about sources, refusals and replay, with the real door behind them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from infra.cli import main, trial
from infra.local.faults import FaultError
from regulars.channels import CHANNELS, channel_of
from regulars.channels.contract import Request
from regulars.settings import ReceiveWebhookSettings
from regulars.store.parameters import Parameters, SourceSecrets
from regulars.store.sources import Sources
from tests import shopify
from tests.aws import PREFIX, Deployed
from tests.functions.conftest import Kept, OnMoto
from tests.gateway import http_event, loaded

NOW = datetime(2026, 11, 20, tzinfo=UTC)
URL = "https://api.example.com"

type Command = Callable[..., Any]


@pytest.fixture
def door(aws: Deployed, monkeypatch: pytest.MonkeyPatch) -> Callable[[Request], dict[str, Any]]:
    """The webhook door."""
    module = loaded("receive_webhook", aws.settings(ReceiveWebhookSettings), monkeypatch)

    def deliver(request: Request) -> dict[str, Any]:
        path = request.url.removeprefix(URL)
        query = request.raw_query or urlencode(request.query)
        event = http_event(path, request.body, request.headers, request.method, query)
        answer: dict[str, Any] = module.handler(event, None)
        return answer

    return deliver


@pytest.fixture
def command(
    deployed: OnMoto,
    door: Callable[[Request], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Runs a command line and gives its facts."""
    monkeypatch.setattr(
        trial, "posted", lambda request: ((a := door(request))["statusCode"], a["body"])
    )

    def run(*words: str) -> Any:
        arguments = main.parser().parse_args([*words, "--json"])
        assert arguments.run(arguments) == 0
        return json.loads(capsys.readouterr().out)

    return run


def secrets(aws: Deployed, source: str) -> list[str]:
    """The live secrets of a source, as the door reads them."""
    name = f"{PREFIX}/sources/{source}"
    answer = aws.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert answer["Type"] == "SecureString"
    return list(json.loads(answer["Value"])["signing"])


def order(topic: str = "orders/paid", secret: str = shopify.SECRET) -> Request:
    """A delivery of the sample order."""
    body = json.dumps(shopify.order()).encode()
    return Request("main", body, NOW, shopify.headers(body, topic), url=f"{URL}/hooks/shopify/main")


def test_connected_shop_keeps_its_secret_and_its_domain(command: Command, aws: Deployed) -> None:
    facts = command("connect", "shopify", "--secret", "s", "--set", f"shop={shopify.SHOP}")
    assert facts == {"url": f"{URL}/hooks/shopify/main"}
    assert secrets(aws, "shopify/main") == ["s"]
    source = Sources("test-control", aws.dynamodb).find("shopify", "main")
    assert source
    assert source.config == {"shop": shopify.SHOP, "url": f"{URL}/hooks/shopify/main"}


def test_connected_form_is_given_a_url_with_its_key(command: Command, aws: Deployed) -> None:
    facts = command("connect", "form", "--name", "contact")
    (key,) = secrets(aws, "form/contact")
    assert facts == {"url": f"{URL}/hooks/form/contact?key={key}", "secret": key}


def test_provider_whose_secret_is_not_given_is_not_connected(command: Command) -> None:
    with pytest.raises(FaultError, match="secret is missing"):
        command("connect", "shopify")
    assert command("sources", "list") == []


def test_owner_at_the_keyboard_is_asked(
    command: Command, aws: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda: f" {shopify.SHOP} ")
    monkeypatch.setattr("getpass.getpass", lambda *_: "typed")
    command("connect", "shopify")
    source = Sources("test-control", aws.dynamodb).find("shopify", "main")
    assert source
    assert source.config == {"shop": shopify.SHOP, "url": f"{URL}/hooks/shopify/main"}
    assert secrets(aws, "shopify/main") == ["typed"]


def test_credentials_are_kept_with_the_secrets_and_not_with_the_source(
    command: Command, aws: Deployed
) -> None:
    command("connect", "wechat", "--set", "app_id=wx1", "--set", AES_KEY)
    source = Sources("test-control", aws.dynamodb).find("wechat", "main")
    assert source
    assert source.config.keys() == {"app_id", "url"}
    kept = Parameters(PREFIX, aws.ssm).credentials("wechat", "main")
    assert f"encoding_aes_key={kept['encoding_aes_key']}" == AES_KEY
    assert kept["encoding_aes_key"] not in str(command("sources", "list"))


def test_credentials_stay_when_a_secret_is_rotated(command: Command, aws: Deployed) -> None:
    command("connect", "whatsapp", "--secret", "s", "--set", "verify_token=v")
    command("sources", "rotate", "whatsapp", "main", "--secret", "t")
    command("connect", "whatsapp", "--secret", "u")
    kept = Parameters(PREFIX, aws.ssm).of_source("whatsapp", "main")
    assert kept == SourceSecrets(("u", "t"), {"verify_token": "v"})


def test_connecting_again_keeps_what_is_not_said_anew(command: Command, aws: Deployed) -> None:
    command("connect", "shopify", "--secret", "s", "--set", f"shop={shopify.SHOP}")
    command("connect", "shopify", "--secret", "t", "--url", "https://hooks.example.com/in")
    source = Sources("test-control", aws.dynamodb).find("shopify", "main")
    assert source
    assert source.config == {"shop": shopify.SHOP, "url": "https://hooks.example.com/in"}
    assert secrets(aws, "shopify/main") == ["t", "s"]


def test_connecting_says_what_to_click(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = main.parser().parse_args(["connect", "shopify", "--secret", "canary-secret"])
    assert arguments.run(arguments) == 0
    said = capsys.readouterr().out
    assert "Settings → Notifications → Webhooks" in said
    assert f"URL: {URL}/hooks/shopify/main" in said
    assert "canary-secret" not in said


def test_rotated_source_has_two_secrets_and_then_the_newest_two(
    command: Command, aws: Deployed
) -> None:
    command("connect", "shopify", "--secret", "first")
    command("sources", "rotate", "shopify", "main", "--secret", "second")
    assert secrets(aws, "shopify/main") == ["second", "first"]
    made_up = command("sources", "rotate", "shopify", "main")["secret"]
    assert secrets(aws, "shopify/main") == [made_up, "second"]


def test_sources_are_listed_with_their_state_and_never_a_secret(command: Command) -> None:
    command("connect", "shopify", "--secret", "canary-secret")
    command("sources", "disable", "shopify", "main")
    (listed,) = command("sources", "list")
    assert (listed["disabled"], listed["secrets"]) == (True, 1)
    assert "canary" not in str(listed)
    command("sources", "enable", "shopify", "main")
    assert command("sources", "list")[0]["disabled"] is False


def test_sample_goes_through_the_door_and_is_found_again(command: Command, kept: Kept) -> None:
    command("connect", "shopify", "--secret", shopify.SECRET)
    told = command("sources", "test", "shopify", "main")
    assert (told["status"], told["stored"]) == (200, "Order Created")
    assert [event.test for event in kept.events()] == [True]


# What a sample cannot do without; 43 characters are an AES key.
AES_KEY = "encoding_aes_key=" + "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ANSWERS = dict.fromkeys(("wechat", "wecom"), ("--set", "app_id=ww1", "--set", AES_KEY))


@pytest.mark.parametrize(
    "channel", sorted(name for name in CHANNELS if hasattr(channel_of(name), "sample"))
)
def test_sample_of_every_channel_is_taken_and_counts_nobody(
    command: Command, kept: Kept, channel: str
) -> None:
    answers = ANSWERS.get(channel, ())
    command("connect", channel, "--secret", "whsec_bWFkZS11cC1zZWNyZXQ=", *answers)
    told = command("sources", "test", channel, "main")
    assert told["status"] == 200
    assert kept.contacts() == []
    assert all(event.test or not event.subjects for event in kept.events())


def test_sample_of_a_form_is_set_aside(command: Command, kept: Kept) -> None:
    command("connect", "form")
    told = command("sources", "test", "form", "main")
    assert (told["status"], told["stored"]) == (200, "set aside: honeypot")
    assert kept.contacts() == []


def test_refusals_are_counted_by_day_and_code(
    command: Command, door: Callable[[Request], Any]
) -> None:
    for topic in ("orders/create", "orders/paid", "orders/paid"):
        door(order(topic))
    (counted,) = command("rejects")
    # The same refused again is one, the same bytes for another topic are not.
    said = (counted["code"], counted["source"], counted["count"])
    assert said == ("not_found", "shopify/main", 2)
    assert command("rejects", "--code", "invalid_json") == []


def test_refusal_is_shown_as_it_came(
    command: Command, door: Callable[[Request], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    door(order())
    (listed,) = command("rejects", "--list")
    assert listed["reason"] == "There is no such source."
    arguments = main.parser().parse_args(["rejects", "--raw", listed["reject_id"][:12]])
    assert arguments.run(arguments) == 0
    assert capsys.readouterr().out.encode() == order().body


def test_delivery_that_came_before_its_source_is_replayed_once(
    command: Command, door: Callable[[Request], Any], kept: Kept
) -> None:
    assert door(order())["statusCode"] == 404
    command("connect", "shopify", "--secret", shopify.SECRET)
    counts = command("replay", "--source", "shopify/main")
    assert counts == {"received": 1, "new events": 1, "known events": 0}
    assert command("replay", "--source", "shopify") == {"replayed before": 1}
    assert [event.type for event in kept.events()] == ["Order Completed"]


def test_delivery_refused_for_a_wrong_secret_is_replayed_with_the_right_one(
    command: Command, door: Callable[[Request], Any], kept: Kept
) -> None:
    command("connect", "shopify", "--secret", "mistyped")
    assert door(order())["statusCode"] == 401
    assert command("replay", "--source", "shopify/main") == {"refused again: invalid_signature": 1}
    command("sources", "rotate", "shopify", "main", "--secret", shopify.SECRET)
    assert command("replay", "--source", "shopify/main")["new events"] == 1
    assert len(kept.events()) == 1


def test_topic_understood_since_is_replayed_though_its_secret_is_gone(
    command: Command,
    door: Callable[[Request], Any],
    kept: Kept,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command("connect", "shopify", "--secret", shopify.SECRET)
    door(order("orders/hidden"))
    command("sources", "rotate", "shopify", "main")
    command("sources", "rotate", "shopify", "main")
    topics = "regulars.channels.shopify.TOPICS"
    monkeypatch.setitem(_attribute(topics), "orders/hidden", ("Order Updated", "updated_at"))
    assert command("replay", "--source", "shopify/main")["new events"] == 1
    assert [event.type for event in kept.events()] == ["Order Updated"]


def test_what_a_genuine_delivery_showed_for_itself_is_not_kept(
    command: Command, aws: Deployed, door: Callable[[Request], Any]
) -> None:
    key = command("connect", "form")["secret"]
    url = f"{URL}/hooks/form/main"
    form = {"content-type": "application/x-www-form-urlencoded", "x-form-key": key}
    door(Request("main", b"_gotcha=1", NOW, form, url=url, raw_query=f"key={key}&a=1"))
    (item,) = aws.dynamodb.scan(TableName="test-rejects")["Items"]
    assert key not in item["delivery"]["S"]
    assert "a=1" in item["delivery"]["S"]


def test_other_days_sources_and_codes_are_left_alone(
    command: Command, door: Callable[[Request], Any]
) -> None:
    door(order())
    assert command("replay", "--source", "shopify/mainly") == {}
    assert command("replay", "--source", "shopify", "--code", "unknown_topic") == {}
    assert command("replay", "--source", "shopify", "--since", "2999-01-01") == {}


def _attribute(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(__import__(module, fromlist=[name]), name)
