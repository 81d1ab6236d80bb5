"""What an owner answers when a channel is connected, made up."""

from regulars.channels.contract import ProviderSecret
from regulars.channels.registry import load_channel

AES_KEY = "encoding_aes_key=" + "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
# Providers that sign with a key of their own, so that no sample of ours is genuine.
ONLY_THEY_SIGN = {"paypal", "sendgrid", "ses-sns"}
_SAID = {
    "encoding_aes_key": AES_KEY,
    "app_id": "app_id=ww1",
    "verify_token": "verify_token=ours",
    "topic_arns": "topic_arns=arn:aws:sns:eu-west-1:123456789012:mail",
}


def answers_of(channel: str, secret: str = "whsec_bWFkZS11cC1zZWNyZXQ=") -> list[str]:  # noqa: S107
    """The options that answer all a channel needs, with a secret of its provider's where that makes it."""
    contract = load_channel(channel)
    asked = [*contract.config_fields, *contract.credential_fields]
    said = [word for name in asked if name in _SAID for word in ("--set", _SAID[name])]
    is_theirs = isinstance(contract.secret, ProviderSecret)
    return [*said, "--secret", secret] if is_theirs else said
