"""The made-up answers with which the tests connect a channel."""

from regulars.admin.secret_kinds import find_secret_question
from regulars.admin.setup_answers import list_fields
from regulars.channels.registry import load_channel

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
PROVIDER_SECRET = "whsec_bWFkZS11cC1zZWNyZXQ="
# Providers that sign with a key of their own, so that no sample of ours is genuine.
ONLY_THEY_SIGN = {"paypal", "sendgrid", "ses-sns"}
_ANSWERS = {
    "encoding_aes_key": AES_KEY,
    "app_id": "ww1",
    "verify_token": "ours",
    "topic_arns": "arn:aws:sns:eu-west-1:123456789012:mail",
}


def list_required_answers(channel: str) -> dict[str, str]:
    """The answers that a channel needs, by field."""
    fields = list_fields(load_channel(channel))
    return {field: _ANSWERS[field] for field in fields if field in _ANSWERS}


def find_required_secret(channel: str, secret: str = PROVIDER_SECRET) -> str:
    """A secret of the provider where that makes it, else ''."""
    return secret if find_secret_question(load_channel(channel)) else ""


def connect_options(channel: str, secret: str = PROVIDER_SECRET) -> list[str]:
    """The options of `regulars connect` that give all that a channel needs."""
    pairs = (f"{field}={answer}" for field, answer in list_required_answers(channel).items())
    options = [word for pair in pairs for word in ("--set", pair)]
    given = find_required_secret(channel, secret)
    return [*options, "--secret", given] if given else options
