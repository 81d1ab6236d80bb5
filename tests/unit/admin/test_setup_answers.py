"""Answers to a channel's questions: checked before anything is stored, and stored as deliveries spell them."""

import pytest

from regulars.admin.errors import InvalidAnswerError, MissingAnswerError, SecretFieldError
from regulars.admin.setup_answers import (
    find_unknown_fields,
    parse_config,
    require_answer,
)
from regulars.channels.contract import ConfigField
from regulars.channels.registry import load_channel

ID = ConfigField(question="The id")
OPTIONAL_ID = ConfigField(question="The id", is_optional=True)


def test_fields_that_the_channel_does_not_ask_for_are_returned() -> None:
    assert find_unknown_fields(load_channel("shopify"), {"shpo": "s", "shop": "s"}) == ["shpo"]


@pytest.mark.parametrize("field", ["acess_token", "clientsecret", "secret", "api_key"])
def test_unknown_field_that_may_be_a_secret_is_refused(field: str) -> None:
    with pytest.raises(SecretFieldError, match=f"{field} may be a secret") as refused:
        find_unknown_fields(load_channel("shopify"), [field])
    assert "shop" in refused.value.known_fields


@pytest.mark.parametrize(
    ("field", "answers", "stored"),
    [(ID, {"id": "1"}, {}), (ID, {}, {"id": "1"}), (OPTIONAL_ID, {}, {})],
    ids=["given", "stored", "optional"],
)
def test_answer_is_not_missing_when_given_stored_or_optional(
    field: ConfigField, answers: dict[str, str], stored: dict[str, str]
) -> None:
    require_answer("id", field, answers, stored)


def test_missing_answer_carries_its_question() -> None:
    with pytest.raises(MissingAnswerError, match="id is missing") as missing:
        require_answer("id", ID, {"id": ""}, {})
    assert missing.value.question == "The id"


def test_list_answer_is_split_at_commas() -> None:
    config = parse_config(load_channel("ses-sns"), {"topic_arns": " a, b,,"})
    assert config == {"topic_arns": ["a", "b"]}


def test_config_holds_no_credentials_and_no_empty_answers() -> None:
    channel = load_channel("wechat")
    answers = {"app_id": "wx1", "encoding_aes_key": "k", "other": ""}
    assert parse_config(channel, answers) == {"app_id": "wx1"}


@pytest.mark.parametrize("answer", ["my-shop", "https://My-Shop.myshopify.com/"])
def test_shop_is_stored_as_its_deliveries_name_it(answer: str) -> None:
    config = parse_config(load_channel("shopify"), {"shop": answer})
    assert config == {"shop": "my-shop.myshopify.com"}


@pytest.mark.parametrize(
    ("channel", "field", "text"),
    [
        ("typeform", "consents", "{newsletter: email}"),
        ("typeform", "consents", '["newsletter"]'),
        ("shopify", "shop", "my shop"),
        ("shopify", "shop", "https://admin.example.com/store/my-shop"),
    ],
)
def test_answer_that_is_not_what_was_asked_for_is_refused(
    channel: str, field: str, text: str
) -> None:
    with pytest.raises(InvalidAnswerError, match="cannot be") as refused:
        parse_config(load_channel(channel), {field: text})
    assert "such as" in refused.value.question
