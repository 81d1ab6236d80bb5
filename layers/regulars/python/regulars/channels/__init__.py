"""One module per provider: `verify` a delivery, then `translate` it into events."""

from functools import cache
from importlib import import_module
from typing import cast

from regulars.channels.contract import Channel

# The channels that come as webhooks: the name in their path → the module, imported when its first delivery comes.
CHANNELS: dict[str, str] = {
    "brevo": "regulars.channels.brevo",
    "calcom": "regulars.channels.calcom",
    "calendly": "regulars.channels.calendly",
    "chatwoot": "regulars.channels.chatwoot",
    "crisp": "regulars.channels.crisp",
    "form": "regulars.channels.form",
    "google-forms": "regulars.channels.google_forms",
    "gumroad": "regulars.channels.gumroad",
    "hubspot": "regulars.channels.hubspot",
    "instagram": "regulars.channels.instagram",
    "intercom": "regulars.channels.intercom",
    "jotform": "regulars.channels.jotform",
    "kofi": "regulars.channels.kofi",
    "lemonsqueezy": "regulars.channels.lemonsqueezy",
    "line": "regulars.channels.line",
    "mailchimp": "regulars.channels.mailchimp",
    "mailgun": "regulars.channels.mailgun",
    "mailjet": "regulars.channels.mailjet",
    "mandrill": "regulars.channels.mandrill",
    "messenger": "regulars.channels.messenger",
    "paddle": "regulars.channels.paddle",
    "paypal": "regulars.channels.paypal",
    "postmark": "regulars.channels.postmark",
    "resend": "regulars.channels.resend",
    "sendgrid": "regulars.channels.sendgrid",
    "ses-sns": "regulars.channels.ses_sns",
    "shopify": "regulars.channels.shopify",
    "square": "regulars.channels.square",
    "standard-webhooks": "regulars.channels.standard_webhooks",
    "stripe": "regulars.channels.stripe",
    "tally": "regulars.channels.tally",
    "telegram": "regulars.channels.telegram",
    "twilio": "regulars.channels.twilio",
    "typeform": "regulars.channels.typeform",
    "wechat": "regulars.channels.wechat",
    "wecom": "regulars.channels.wecom",
    "whatsapp": "regulars.channels.whatsapp",
    "woocommerce": "regulars.channels.woocommerce",
}


@cache
def channel_of(name: str) -> Channel:
    """The module of a channel; KeyError when there is none."""
    return cast("Channel", import_module(CHANNELS[name]))


def needs_secret(name: str) -> bool:
    """Whether deliveries of a channel are verified by a secret of the source."""
    return getattr(channel_of(name), "SIGNING_KEY", "") is not None
