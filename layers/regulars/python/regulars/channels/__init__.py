"""One module per provider: `verify` a delivery, then `translate` it into events."""

from functools import cache
from importlib import import_module
from typing import cast

from regulars.channels.contract import Channel

# The channels that come as webhooks: the name in their path → the module, imported when its first delivery comes.
CHANNELS: dict[str, str] = {
    "form": "regulars.channels.form",
    "shopify": "regulars.channels.shopify",
}


@cache
def channel_of(name: str) -> Channel:
    """The module of a channel; KeyError when there is none."""
    return cast("Channel", import_module(CHANNELS[name]))
