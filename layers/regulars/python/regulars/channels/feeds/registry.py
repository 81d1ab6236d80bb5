"""Map each channel with a feed to its module, which fetches the changes that webhooks did not deliver."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from regulars.channels.feeds.contract import Feed
from regulars.channels.feeds.provider_api import Provider

# The channels whose provider can be asked → the module that asks it, imported when a source of it has credentials.
FEEDS: dict[str, str] = {
    "shopify": "regulars.channels.commerce.shopify.feed",
    "stripe": "regulars.channels.payments.stripe.feed",
    "woocommerce": "regulars.channels.commerce.woocommerce.feed",
}


def feeds_of(
    channel: str, config: Mapping[str, Any], credentials: Mapping[str, str], provider: Provider
) -> list[Feed]:
    """Everything a source can be asked for; nothing without credentials.

    FeedError(misconfigured) when what was set up cannot work.
    """
    if channel not in FEEDS:
        return []
    feeds: list[Feed] = import_module(FEEDS[channel]).feeds(config, credentials, provider)
    return feeds
