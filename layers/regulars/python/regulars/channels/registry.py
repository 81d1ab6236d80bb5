"""One module per provider: `verify` a delivery, then `translate` it into events."""

from functools import cache
from importlib import import_module
from typing import cast

from regulars.channels.contract import Channel

# The channels that come as webhooks: the name in their path → the module, imported when its first delivery comes.
CHANNELS: dict[str, str] = {
    "brevo": "regulars.channels.mail.brevo",
    "calcom": "regulars.channels.booking.calcom",
    "calendly": "regulars.channels.booking.calendly",
    "chatwoot": "regulars.channels.support.chatwoot",
    "crisp": "regulars.channels.support.crisp",
    "form": "regulars.channels.forms.html_form",
    "google-forms": "regulars.channels.forms.google_forms",
    "gumroad": "regulars.channels.commerce.gumroad",
    "hubspot": "regulars.channels.support.hubspot",
    "instagram": "regulars.channels.chat.instagram",
    "intercom": "regulars.channels.support.intercom",
    "jotform": "regulars.channels.forms.jotform",
    "kofi": "regulars.channels.commerce.kofi",
    "lemonsqueezy": "regulars.channels.commerce.lemonsqueezy",
    "line": "regulars.channels.chat.line",
    "mailchimp": "regulars.channels.mail.mailchimp.webhook",
    "mailgun": "regulars.channels.mail.mailgun",
    "mailjet": "regulars.channels.mail.mailjet",
    "mandrill": "regulars.channels.mail.mandrill",
    "messenger": "regulars.channels.chat.messenger",
    "paddle": "regulars.channels.payments.paddle.webhook",
    "paypal": "regulars.channels.payments.paypal.webhook",
    "postmark": "regulars.channels.mail.postmark",
    "resend": "regulars.channels.mail.resend",
    "sendgrid": "regulars.channels.mail.sendgrid",
    "ses-sns": "regulars.channels.mail.ses_sns",
    "shopify": "regulars.channels.commerce.shopify.webhook",
    "square": "regulars.channels.payments.square.webhook",
    "standard-webhooks": "regulars.channels.tracking.standard_webhooks",
    "stripe": "regulars.channels.payments.stripe.webhook",
    "tally": "regulars.channels.forms.tally",
    "telegram": "regulars.channels.chat.telegram",
    "twilio": "regulars.channels.chat.twilio",
    "typeform": "regulars.channels.forms.typeform",
    "wechat": "regulars.channels.chat.wechat.webhook",
    "wecom": "regulars.channels.chat.wecom",
    "whatsapp": "regulars.channels.chat.whatsapp",
    "woocommerce": "regulars.channels.commerce.woocommerce.webhook",
}


@cache
def channel_of(name: str) -> Channel:
    """The module of a channel; KeyError when there is none."""
    return cast("Channel", import_module(CHANNELS[name]))


def needs_secret(name: str) -> bool:
    """Whether deliveries of a channel are verified by a secret of the source."""
    return getattr(channel_of(name), "SIGNING_KEY", "") is not None
