"""List every channel, export format and feed by its dotted name, and load one when it is needed.

A name is written `module:NAME`, as in entry points. A module is imported when its value is loaded for the first time, so
that a function which receives a delivery of one provider never imports another provider's code.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from regulars.channels.contract import Channel

if TYPE_CHECKING:  # these modules import an HTTP client, which a webhook function never needs
    from regulars.channels.exports.contract import ExportFormat
    from regulars.channels.feeds.contract import Feed
    from regulars.channels.feeds.feed_provider import FeedProvider
    from regulars.channels.feeds.provider_api import ProviderApi

# The name of a channel, which stands in the path of its webhook → its `Channel`.
CHANNELS: dict[str, str] = {
    "brevo": "regulars.channels.mail.brevo:CHANNEL",
    "calcom": "regulars.channels.booking.calcom:CHANNEL",
    "calendly": "regulars.channels.booking.calendly:CHANNEL",
    "chatwoot": "regulars.channels.support.chatwoot:CHANNEL",
    "crisp": "regulars.channels.support.crisp:CHANNEL",
    "form": "regulars.channels.forms.html_form:CHANNEL",
    "google-forms": "regulars.channels.forms.google_forms:CHANNEL",
    "gumroad": "regulars.channels.commerce.gumroad:CHANNEL",
    "hubspot": "regulars.channels.support.hubspot:CHANNEL",
    "instagram": "regulars.channels.chat.instagram:CHANNEL",
    "intercom": "regulars.channels.support.intercom:CHANNEL",
    "jotform": "regulars.channels.forms.jotform:CHANNEL",
    "kofi": "regulars.channels.commerce.kofi:CHANNEL",
    "lemonsqueezy": "regulars.channels.commerce.lemonsqueezy:CHANNEL",
    "line": "regulars.channels.chat.line:CHANNEL",
    "mailchimp": "regulars.channels.mail.mailchimp.webhook:CHANNEL",
    "mailgun": "regulars.channels.mail.mailgun:CHANNEL",
    "mailjet": "regulars.channels.mail.mailjet:CHANNEL",
    "mandrill": "regulars.channels.mail.mandrill:CHANNEL",
    "messenger": "regulars.channels.chat.messenger:CHANNEL",
    "paddle": "regulars.channels.payments.paddle.webhook:CHANNEL",
    "paypal": "regulars.channels.payments.paypal.webhook:CHANNEL",
    "postmark": "regulars.channels.mail.postmark:CHANNEL",
    "resend": "regulars.channels.mail.resend:CHANNEL",
    "sendgrid": "regulars.channels.mail.sendgrid:CHANNEL",
    "ses-sns": "regulars.channels.mail.ses_sns:CHANNEL",
    "shopify": "regulars.channels.commerce.shopify.webhook:CHANNEL",
    "square": "regulars.channels.payments.square.webhook:CHANNEL",
    "standard-webhooks": "regulars.channels.tracking.standard_webhooks.webhook:CHANNEL",
    "stripe": "regulars.channels.payments.stripe.webhook:CHANNEL",
    "tally": "regulars.channels.forms.tally:CHANNEL",
    "telegram": "regulars.channels.chat.telegram:CHANNEL",
    "twilio": "regulars.channels.chat.twilio:CHANNEL",
    "typeform": "regulars.channels.forms.typeform:CHANNEL",
    "wechat": "regulars.channels.chat.wechat.webhook:CHANNEL",
    "wecom": "regulars.channels.chat.wecom:CHANNEL",
    "whatsapp": "regulars.channels.chat.whatsapp:CHANNEL",
    "woocommerce": "regulars.channels.commerce.woocommerce.webhook:CHANNEL",
}
# Every `ExportFormat`. Where a file fits two formats equally well, the first one counts.
EXPORT_FORMATS: tuple[str, ...] = (
    "regulars.channels.exports.order_lines:EXPORT_FORMAT",
    "regulars.channels.commerce.shopify.order_export:EXPORT_FORMAT",
    "regulars.channels.commerce.shopify.customer_export:EXPORT_FORMAT",
    "regulars.channels.payments.stripe.payment_export:EXPORT_FORMAT",
    "regulars.channels.payments.stripe.customer_export:EXPORT_FORMAT",
    "regulars.channels.commerce.woocommerce.order_export:EXPORT_FORMAT",
    "regulars.channels.payments.square.item_export:EXPORT_FORMAT",
    "regulars.channels.mail.mailchimp.audience_export:EXPORT_FORMAT",
    "regulars.channels.exports.contact_list:EXPORT_FORMAT",
)
# The name of a channel whose provider has an API that lists what changed → its `FeedProvider`.
FEED_PROVIDERS: dict[str, str] = {
    "shopify": "regulars.channels.commerce.shopify.feed:FEED_PROVIDER",
    "stripe": "regulars.channels.payments.stripe.feed:FEED_PROVIDER",
    "woocommerce": "regulars.channels.commerce.woocommerce.feed:FEED_PROVIDER",
}


def list_channels() -> list[str]:
    """Return the names of all channels, sorted."""
    return sorted(CHANNELS)


def load_channel(name: str) -> Channel:
    """Return the channel of this name; raise KeyError if there is none."""
    channel: Channel = _load_value(CHANNELS[name])
    return channel


def load_export_formats() -> list["ExportFormat"]:
    """Return every format of an export, in the order in which they are preferred."""
    return [_load_value(reference) for reference in EXPORT_FORMATS]


def load_feeds(
    channel: str, config: Mapping[str, Any], credentials: Mapping[str, str], provider: "ProviderApi"
) -> list["Feed"]:
    """Return the feeds that a source of the channel can be read from; none without the credentials for it.

    Raise FeedError(misconfigured) if the source's config or credentials cannot work.
    """
    if channel not in FEED_PROVIDERS:
        return []
    feed_provider: FeedProvider = _load_value(FEED_PROVIDERS[channel])
    return feed_provider.list_feeds(config, credentials, provider)


def _load_value(reference: str) -> Any:
    module, _, name = reference.partition(":")
    return vars(import_module(module))[name]
