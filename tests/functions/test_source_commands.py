"""The commands about sources, refusals and replay, with the real door behind them."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from infra.cli import main, trial
from infra.local.faults import FaultError
from regulars.channels.contract import Request
from regulars.channels.registry import CHANNELS
from regulars.settings import ReceiveWebhookSettings
from regulars.store.parameters import Parameters, SourceSecrets
from regulars.store.sources import Sources
from tests.functions.conftest import Kept, OnMoto
from tests.support import shopify_deliveries as shopify
from tests.support.aws import PREFIX, MotoStack
from tests.support.channel_answers import AES_KEY, ONLY_THEY_SIGN, answers_of
from tests.support.gateway import http_event, load_handler

NOW = datetime(2026, 11, 20, tzinfo=UTC)
URL = "https://api.example.com"

type Command = Callable[..., Any]


@pytest.fixture
def door(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Callable[[Request], dict[str, Any]]:
    """The webhook door."""
    module = load_handler(
        "receive_webhook", aws.build_settings(ReceiveWebhookSettings), monkeypatch
    )

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

    def run(*words: str, code: int = 0) -> Any:
        arguments = main.parser().parse_args([*words, "--json"])
        assert arguments.run(arguments) == code
        return json.loads(capsys.readouterr().out)

    return run


class Answers:
    """What a door says, one after another."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self._answers = list(answers)

    def __call__(self, _request: Request) -> tuple[int, str]:
        return self._answers.pop(0)


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, "invalid_signature", "within half a minute"),
        (404, "not_found", "does not know the source"),
        (503, "source_waiting", "does not know its secret"),
        (500, "internal", "regulars logs receive_webhook"),
        (429, "", "Refused (429)"),
    ],
)
def test_refused_sample_is_explained(
    command: Command, monkeypatch: pytest.MonkeyPatch, status: int, code: str, said: str
) -> None:
    monkeypatch.setattr("infra.cli.trial.time.sleep", lambda _seconds: None)
    monkeypatch.setattr(trial, "posted", lambda _request: (status, json.dumps({"code": code})))
    command("connect", "form")
    assert said in command("sources", "test", "form", "main", code=1)["words"]


def test_door_that_does_not_answer_is_named() -> None:
    with pytest.raises(FaultError, match=r"Nobody answers at http://127\.0\.0\.1:9/hooks"):
        trial.posted(Request("main", b"", NOW, url="http://127.0.0.1:9/hooks/form/main"))


def test_url_that_is_none_is_named_without_the_secret_in_it() -> None:
    with pytest.raises(FaultError, match="Nobody answers") as refused:
        trial.posted(Request("main", b"", NOW, url="http://x:99999/hooks", raw_query="key=canary"))
    assert "canary" not in str(refused.value)


def secrets(aws: MotoStack, source: str) -> list[str]:
    """The live secrets of a source, as the door reads them."""
    name = f"{PREFIX}/sources/{source}"
    answer = aws.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert answer["Type"] == "SecureString"
    return list(json.loads(answer["Value"])["signing"])


def order(topic: str = "orders/paid", secret: str = shopify.SECRET) -> Request:
    """A delivery of the sample order."""
    body = json.dumps(shopify.order()).encode()
    return Request("main", body, NOW, shopify.headers(body, topic), url=f"{URL}/hooks/shopify/main")


def test_connected_shop_keeps_its_secret_and_its_domain(command: Command, aws: MotoStack) -> None:
    facts = command("connect", "shopify", "--secret", "s", "--set", f"shop={shopify.SHOP}")
    assert (facts["url"], facts["state"]) == (f"{URL}/hooks/shopify/main", "on")
    assert secrets(aws, "shopify/main") == ["s"]
    source = Sources("test-control", aws.dynamodb).find_source("shopify", "main")
    assert source
    assert source.config == {"shop": shopify.SHOP, "url": f"{URL}/hooks/shopify/main"}


def test_connected_form_is_given_a_url_with_its_key(command: Command, aws: MotoStack) -> None:
    facts = command("connect", "form", "--name", "contact")
    (key,) = secrets(aws, "form/contact")
    assert (facts["url"], facts["secret"]) == (f"{URL}/hooks/form/contact?key={key}", key)


def test_source_waits_for_a_secret_that_its_provider_shows_later(
    command: Command, aws: MotoStack
) -> None:
    facts = command("connect", "stripe")
    assert (facts["state"], facts["url"]) == ("waiting", f"{URL}/hooks/stripe/main")
    assert command("sources", "list")[0]["state"] == "waiting"
    with pytest.raises(FaultError, match="waiting for its secret"):
        command("sources", "test", "stripe", "main")
    resumed = command("connect", "stripe", "--secret", "whsec_s")
    assert (resumed["state"], resumed["changed"]) == ("on", ["the secret"])
    assert secrets(aws, "stripe/main") == ["whsec_s"]


def test_delivery_to_a_waiting_source_is_replayed_once_it_has_its_secret(
    command: Command, door: Callable[[Request], dict[str, Any]], kept: Kept
) -> None:
    command("connect", "shopify")
    assert door(order())["statusCode"] == 503
    assert kept.codes() == ["source_waiting"]
    command("connect", "shopify", "--secret", shopify.SECRET)
    assert command("replay", "--source", "shopify/main")["new events"] == 1


def test_owner_at_the_keyboard_is_asked(
    command: Command, aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda: f" {shopify.SHOP} ")
    monkeypatch.setattr("getpass.getpass", lambda *_: "typed")
    command("connect", "shopify")
    source = Sources("test-control", aws.dynamodb).find_source("shopify", "main")
    assert source
    assert source.config == {"shop": shopify.SHOP, "url": f"{URL}/hooks/shopify/main"}
    assert secrets(aws, "shopify/main") == ["typed"]


def test_owner_may_leave_a_question_unanswered(
    deployed: OnMoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdin.readline", lambda: "")
    assert main.main(["connect", "shopify"]) == main.INTERRUPTED


def test_credentials_are_kept_with_the_secrets_and_not_with_the_source(
    command: Command, aws: MotoStack
) -> None:
    command("connect", "wechat", "--set", "app_id=wx1", "--set", AES_KEY)
    source = Sources("test-control", aws.dynamodb).find_source("wechat", "main")
    assert source
    assert source.config.keys() == {"app_id", "url"}
    kept = Parameters(PREFIX, aws.ssm).read_credentials("wechat", "main")
    assert f"encoding_aes_key={kept['encoding_aes_key']}" == AES_KEY
    assert kept["encoding_aes_key"] not in str(command("sources", "list"))


def test_credentials_stay_when_a_secret_is_rotated(command: Command, aws: MotoStack) -> None:
    command("connect", "whatsapp", "--secret", "s", "--set", "verify_token=v")
    command("sources", "rotate", "whatsapp", "main", "--secret", "t")
    command("connect", "whatsapp", "--secret", "u")
    kept = Parameters(PREFIX, aws.ssm).read_source_secrets("whatsapp", "main")
    assert kept == SourceSecrets(("u", "t"), {"verify_token": "v"})


def test_connecting_again_keeps_what_is_not_said_anew(command: Command, aws: MotoStack) -> None:
    command("connect", "shopify", "--secret", "s", "--set", f"shop={shopify.SHOP}")
    command("connect", "shopify", "--secret", "t", "--url", "https://hooks.example.com/in")
    source = Sources("test-control", aws.dynamodb).find_source("shopify", "main")
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
    command: Command, aws: MotoStack
) -> None:
    command("connect", "shopify", "--secret", "first")
    command("sources", "rotate", "shopify", "main", "--secret", "second")
    assert secrets(aws, "shopify/main") == ["second", "first"]
    command("sources", "rotate", "shopify", "main", "--secret", "third")
    assert secrets(aws, "shopify/main") == ["third", "second"]


def test_secret_of_ours_is_made_up_anew_when_rotated(command: Command, aws: MotoStack) -> None:
    first = command("connect", "typeform")["secret"]
    second = command("sources", "rotate", "typeform")["secret"]
    assert secrets(aws, "typeform/main") == [second, first]


def test_provider_that_makes_its_secret_is_not_rotated_without_it(command: Command) -> None:
    command("connect", "shopify", "--secret", "first")
    with pytest.raises(FaultError, match="secret is missing"):
        command("sources", "rotate", "shopify", "main")


def test_channel_without_a_secret_keeps_none(command: Command, aws: MotoStack) -> None:
    facts = command("connect", "ses-sns", "--set", "topic_arns=arn:ours")
    assert (facts["state"], "secret" in facts) == ("on", False)
    with pytest.raises(aws.ssm.exceptions.ParameterNotFound):
        secrets(aws, "ses-sns/main")
    for words in (
        ("sources", "rotate", "ses-sns", "main"),
        ("connect", "ses-sns", "--secret", "s"),
    ):
        with pytest.raises(FaultError, match="needs no secret"):
            command(*words)


@pytest.mark.parametrize(
    ("channel", "words", "missing"),
    [
        ("wechat", ("--set", "app_id=wx1"), "encoding_aes_key"),
        ("whatsapp", ("--secret", "s"), "verify_token"),
        ("ses-sns", (), "topic_arns"),
    ],
)
def test_channel_is_not_connected_without_what_it_needs(
    command: Command, channel: str, words: tuple[str, ...], missing: str
) -> None:
    with pytest.raises(FaultError, match=missing):
        command("connect", channel, *words)
    assert command("sources", "list") == []


def test_secrets_are_read_from_the_input_and_the_environment(
    command: Command, aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("from-the-input\nsecond line\n"))
    monkeypatch.setenv("WORD", "from-the-environment")
    command("connect", "whatsapp", "--secret", "-", "--set", "verify_token=env:WORD")
    kept = Parameters(PREFIX, aws.ssm).read_source_secrets("whatsapp", "main")
    assert kept == SourceSecrets(("from-the-input",), {"verify_token": "from-the-environment"})


def test_missing_variable_is_named(command: Command) -> None:
    with pytest.raises(FaultError, match="no variable NOWHERE_TO_BE_FOUND"):
        command("connect", "stripe", "--secret", "env:NOWHERE_TO_BE_FOUND")


def test_answer_that_is_no_pair_is_refused(command: Command) -> None:
    with pytest.raises(FaultError, match="shop is not FIELD=VALUE"):
        command("connect", "shopify", "--set", "shop")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("connect", "strype"), "Did you mean: stripe"),
        (("connect", "ses"), "ses-sns"),
        (("connect", "???"), "There are: brevo"),
        (("connect", "form", "--name", "a/b"), "cannot be in a URL"),
        (("connect", "form", "--name", "x" * 65), "cannot be in a URL"),
        (("connect", "form", "--name", ".."), "cannot be in a URL"),
        (("sources", "test", "form", ""), "cannot be in a URL"),
        (("connect", "form", "--url", "hooks.example.com/in"), "such as https://"),
        (("connect", "form", "--url", "https://a.example/in?b=1"), "such as https://"),
    ],
)
def test_wrong_name_is_a_usage_error_that_says_better_ones(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as error:
        main.parser().parse_args(words)
    assert error.value.code == 2
    assert said in capsys.readouterr().err


def test_unknown_field_is_kept_with_a_warning(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = main.parser().parse_args(["connect", "shopify", "--set", "shpo=s"])
    arguments.run(arguments)
    assert "It asks for: shop." in capsys.readouterr().err


@pytest.mark.parametrize("field", ["acess_token", "clientsecret", "secret", "api_key"])
def test_field_that_may_be_a_secret_is_not_kept_in_the_open(command: Command, field: str) -> None:
    with pytest.raises(FaultError, match=f"{field} may be a secret"):
        command("connect", "shopify", "--secret", "s", "--set", f"{field}=canary")
    assert command("sources", "list") == []


@pytest.mark.parametrize(
    ("channel", "pair"),
    [
        ("typeform", "consents={newsletter: email}"),
        ("typeform", 'consents=["newsletter"]'),
        ("shopify", "shop=my shop"),
        ("shopify", "shop=https://admin.example.com/store/my-shop"),
    ],
)
def test_answer_that_is_not_what_was_asked_for_is_refused(
    command: Command, channel: str, pair: str
) -> None:
    with pytest.raises(FaultError, match="cannot be") as refused:
        command("connect", channel, "--secret", "s", "--set", pair)
    assert "such as" in refused.value.advice


@pytest.mark.parametrize("said", ["my-shop", "https://My-Shop.myshopify.com/"])
def test_shop_is_kept_as_its_deliveries_name_it(
    command: Command, aws: MotoStack, said: str
) -> None:
    command("connect", "shopify", "--secret", "s", "--set", f"shop={said}")
    source = Sources("test-control", aws.dynamodb).find_source("shopify", "main")
    assert source
    assert source.config["shop"] == "my-shop.myshopify.com"


def test_connecting_again_says_what_changes_and_keeps_a_disabled_source_so(
    command: Command,
) -> None:
    command("connect", "form", "--name", "contact")
    command("sources", "disable", "form", "contact")
    again = command("connect", "form", "--name", "contact", "--set", "next=https://a.example/")
    assert again["state"] == "disabled"
    assert again["changed"] == ["next: https://a.example/ instead of nothing"]
    assert "secret" not in again


def test_url_of_a_source_stays_until_it_is_the_own_one_again(command: Command) -> None:
    elsewhere = "https://hooks.example.com/in"
    assert command("connect", "typeform", "--url", elsewhere)["url"] == elsewhere
    assert command("connect", "typeform")["url"] == elsewhere
    assert command("connect", "typeform", "--url", "own")["url"] == f"{URL}/hooks/typeform/main"


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
    assert (told["status"], told["outcome"]) == (200, "stored")
    assert "Order Created" in told["words"]
    assert [event.test for event in kept.events()] == [True]


def test_sample_of_a_disabled_source_is_refused_with_what_to_do(command: Command) -> None:
    command("connect", "shopify", "--secret", shopify.SECRET)
    command("sources", "disable", "shopify", "main")
    told = command("sources", "test", "shopify", "main", code=1)
    assert (told["outcome"], told["status"]) == ("refused", 404)
    assert "sources enable shopify main" in told["words"]


def test_source_that_the_door_did_not_know_a_moment_ago_is_tried_again(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("infra.cli.trial.time.sleep", slept.append)
    monkeypatch.setattr(trial, "posted", Answers((404, '{"code": "not_found"}'), (200, "{}")))
    command("connect", "form")
    assert command("sources", "test", "form", "main")["outcome"] == "set_aside"
    assert slept == [5.0]


def test_key_that_seals_nothing_is_told_when_it_is_tried(command: Command) -> None:
    command("connect", "wechat", "--set", "app_id=wx1", "--set", "encoding_aes_key=short")
    with pytest.raises(FaultError, match="cannot sign"):
        command("sources", "test", "wechat", "main")


@pytest.mark.parametrize("channel", sorted(CHANNELS))
def test_sample_of_every_channel_is_taken_and_counts_nobody(
    command: Command, kept: Kept, channel: str
) -> None:
    command("connect", channel, *answers_of(channel))
    told = command("sources", "test", channel, "main")
    outcomes = {"reached"} if channel in ONLY_THEY_SIGN else {"stored", "set_aside"}
    assert told["outcome"] in outcomes
    assert kept.contacts() == []
    assert all(event.test or not event.subjects for event in kept.events())


def test_public_key_signs_no_sample(command: Command) -> None:
    command("connect", "standard-webhooks", "--secret", "whpk_" + "A" * 43 + "=")
    assert command("sources", "test", "standard-webhooks", "main")["outcome"] == "reached"


def test_sample_of_a_form_is_set_aside(command: Command, kept: Kept) -> None:
    command("connect", "form")
    told = command("sources", "test", "form", "main")
    assert (told["status"], told["outcome"]) == (200, "set_aside")
    assert "honeypot" in told["words"]
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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("sources list", "regulars connect CHANNEL"),
        ("rejects", "regulars rejects --list"),
        ("rejects --list", "regulars replay ID, or --source SOURCE"),
        ("sources disable form contact", "regulars sources enable form contact"),
        ("sources enable form contact", "regulars replay --source form/contact"),
    ],
)
def test_owner_is_told_what_can_be_done_next(
    command: Command,
    door: Callable[[Request], Any],
    capsys: pytest.CaptureFixture[str],
    words: str,
    said: str,
) -> None:
    door(order())
    if "form" in words:
        command("connect", "form", "--name", "contact")
    arguments = main.parser().parse_args(words.split())
    arguments.run(arguments)
    assert said in capsys.readouterr().out


def test_refusal_that_was_received_again_says_so(
    command: Command, door: Callable[[Request], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    door(order())
    command("connect", "shopify", "--secret", shopify.SECRET)
    command("replay", "--source", "shopify/main")
    arguments = main.parser().parse_args(["rejects", "--list"])
    arguments.run(arguments)
    assert "There is no such source. Received again 20" in capsys.readouterr().out


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
    for secret in ("second", "third"):
        command("sources", "rotate", "shopify", "main", "--secret", secret)
    topics = "regulars.channels.commerce.shopify.webhook.TOPICS"
    monkeypatch.setitem(_attribute(topics), "orders/hidden", ("Order Updated", "updated_at"))
    assert command("replay", "--source", "shopify/main")["new events"] == 1
    assert [event.type for event in kept.events()] == ["Order Updated"]


def test_what_a_genuine_delivery_showed_for_itself_is_not_kept(
    command: Command, aws: MotoStack, door: Callable[[Request], Any]
) -> None:
    key = command("connect", "form")["secret"]
    url = f"{URL}/hooks/form/main"
    form = {"content-type": "application/x-www-form-urlencoded", "x-form-key": key}
    door(Request("main", b"_gotcha=1", NOW, form, url=url, raw_query=f"key={key}&a=1"))
    (item,) = aws.dynamodb.scan(TableName="test-rejects")["Items"]
    assert key not in item["delivery"]["S"]
    assert "a=1" in item["delivery"]["S"]


def test_token_of_a_genuine_delivery_is_not_kept_in_a_header(
    command: Command, aws: MotoStack, door: Callable[[Request], Any]
) -> None:
    token = command("connect", "telegram")["secret"]
    headers = {"x-telegram-bot-api-secret-token": token, "content-type": "application/json"}
    door(Request("main", b'{"update_id":1}', NOW, headers, url=f"{URL}/hooks/telegram/main"))
    (item,) = aws.dynamodb.scan(TableName="test-rejects")["Items"]
    assert '"verified":true' in item["delivery"]["S"]
    assert token not in str(item)


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
