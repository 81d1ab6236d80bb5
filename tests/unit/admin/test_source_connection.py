"""Connecting a channel: what is stored, where the provider sends, and what connecting again changes."""

from typing import Any

import pytest

from regulars.admin.errors import (
    InvalidSourceNameError,
    InvalidUrlError,
    MissingAnswerError,
    SecretFieldError,
    SecretNotNeededError,
)
from regulars.admin.source_connection import (
    API_URL,
    ConfigChange,
    Connection,
    ConnectionRequest,
    connect_source,
    finish_connection,
)
from regulars.admin.sources import SourceStores, disable_source, find_source, list_sources
from regulars.store.parameters import Parameters, SourceSecrets
from tests.support import deployment
from tests.support.aws import PREFIX, MotoStack
from tests.support.channel_answers import AES_KEY
from tests.support.shopify_deliveries import SHOP

URL = deployment.API_URL
AES_ANSWER = {"encoding_aes_key": AES_KEY}


def connect(
    stores: SourceStores, channel: str, secret: str = "", url: str = "", **answers: str
) -> Connection:
    """Connect a channel under the default name."""
    request = ConnectionRequest(
        channel=channel, name="main", answers=answers, url=url, secret=secret
    )
    return connect_source(stores, request)


def read_secrets(aws: MotoStack, channel: str) -> SourceSecrets:
    return Parameters(PREFIX, aws.ssm).read_source_secrets(channel, "main")


def read_config(stores: SourceStores, channel: str) -> dict[str, Any]:
    source = find_source(stores, channel, "main")
    assert source
    return source.config


def test_connected_shop_has_its_secret_and_its_domain(stores: SourceStores, aws: MotoStack) -> None:
    connection = connect(stores, "shopify", "s", shop=SHOP)
    assert (connection.url, connection.state) == (f"{URL}/hooks/shopify/main", "on")
    assert read_secrets(aws, "shopify").signing == ("s",)
    assert read_config(stores, "shopify") == {"shop": SHOP, "url": f"{URL}/hooks/shopify/main"}


def test_secret_is_stored_encrypted(stores: SourceStores, aws: MotoStack) -> None:
    connect(stores, "shopify", "s", shop=SHOP)
    answer = aws.ssm.get_parameter(Name=f"{PREFIX}/sources/shopify/main")
    assert answer["Parameter"]["Type"] == "SecureString"


def test_url_of_a_form_carries_its_generated_key(stores: SourceStores, aws: MotoStack) -> None:
    connection = connect(stores, "form")
    (key,) = read_secrets(aws, "form").signing
    assert connection.url == f"{URL}/hooks/form/main?key={key}"
    assert connection.generated_secret == key


def test_source_waits_until_its_secret_is_given(stores: SourceStores, aws: MotoStack) -> None:
    connection = connect(stores, "stripe")
    assert (connection.state, connection.url) == ("waiting", f"{URL}/hooks/stripe/main")
    assert list_sources(stores)[0].state == "waiting"
    assert connect(stores, "stripe", "whsec_s").state == "on"
    assert read_secrets(aws, "stripe").signing == ("whsec_s",)


def test_secret_that_is_supplied_later_ends_the_waiting(
    stores: SourceStores, aws: MotoStack
) -> None:
    connection = finish_connection(stores, connect(stores, "stripe"), "whsec_s")
    assert (connection.state, connection.has_secret) == ("on", True)
    assert read_secrets(aws, "stripe").signing == ("whsec_s",)


def test_credentials_are_stored_with_the_secrets_and_not_with_the_source(
    stores: SourceStores, aws: MotoStack
) -> None:
    connect(stores, "wechat", app_id="wx1", **AES_ANSWER)
    assert read_config(stores, "wechat").keys() == {"app_id", "url"}
    assert read_secrets(aws, "wechat").credentials == AES_ANSWER
    assert AES_ANSWER["encoding_aes_key"] not in str(list_sources(stores))


def test_connecting_again_keeps_what_is_not_given_anew(
    stores: SourceStores, aws: MotoStack
) -> None:
    elsewhere = "https://hooks.example.com/in"
    connect(stores, "shopify", "s", shop=SHOP)
    connect(stores, "shopify", "t", url=elsewhere)
    assert read_config(stores, "shopify") == {"shop": SHOP, "url": elsewhere}
    assert read_secrets(aws, "shopify").signing == ("t", "s")


def test_connecting_again_keeps_the_credentials(stores: SourceStores, aws: MotoStack) -> None:
    connect(stores, "whatsapp", "s", verify_token="v")
    connect(stores, "whatsapp", "u")
    assert read_secrets(aws, "whatsapp") == SourceSecrets(("u", "s"), {"verify_token": "v"})


def test_connecting_again_names_changes_and_keeps_a_disabled_source_so(
    stores: SourceStores,
) -> None:
    connect(stores, "form")
    disable_source(stores, "form", "main")
    again = connect(stores, "form", next="https://a.example/")
    assert (again.existed, again.state, again.generated_secret) == (True, "disabled", "")
    assert again.config_changes == [ConfigChange("next", "https://a.example/")]


def test_url_stays_until_the_one_of_the_api_is_asked_for(stores: SourceStores) -> None:
    elsewhere = "https://hooks.example.com/in"
    urls = [connect(stores, "typeform", url=url).url for url in (elsewhere, "", API_URL)]
    assert urls == [elsewhere, elsewhere, f"{URL}/hooks/typeform/main"]


def test_channel_without_a_secret_stores_none(stores: SourceStores, aws: MotoStack) -> None:
    connection = connect(stores, "ses-sns", topic_arns="arn:ours")
    assert (connection.state, connection.generated_secret) == ("on", "")
    assert not read_secrets(aws, "ses-sns")


@pytest.mark.parametrize(
    ("channel", "secret", "answers", "error"),
    [
        ("wechat", "", {"app_id": "wx1"}, MissingAnswerError),
        ("whatsapp", "s", {}, MissingAnswerError),
        ("ses-sns", "", {}, MissingAnswerError),
        ("ses-sns", "s", {"topic_arns": "arn:ours"}, SecretNotNeededError),
        ("shopify", "s", {"acess_token": "canary"}, SecretFieldError),
    ],
)
def test_refused_request_stores_nothing(
    stores: SourceStores, channel: str, secret: str, answers: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        connect(stores, channel, secret, **answers)
    assert list_sources(stores) == []


@pytest.mark.parametrize(
    ("name", "url", "error"),
    [
        ("a/b", "", InvalidSourceNameError),
        ("x" * 65, "", InvalidSourceNameError),
        ("main", "hooks.example.com/in", InvalidUrlError),
        ("main", "https://a.example/in?b=1", InvalidUrlError),
    ],
)
def test_name_and_url_that_cannot_be_used_are_refused(
    stores: SourceStores, name: str, url: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        connect_source(stores, ConnectionRequest(channel="form", name=name, url=url))
    assert list_sources(stores) == []
