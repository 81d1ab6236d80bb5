"""Define the contract of a feed provider: which feeds a source has, given its config and its credentials."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from regulars.channels.feeds.contract import Feed
from regulars.channels.feeds.provider_api import ProviderApi

type ListFeeds = Callable[[Mapping[str, Any], Mapping[str, str], ProviderApi], list[Feed]]
"""Return the feeds of a source by its config, its credentials and the provider's API; none without credentials.

Raise FeedError(misconfigured) if the config or the credentials cannot work. Send no request yet.
"""


class FeedProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A provider whose API lists what changed. A module defines it as a constant; the registry loads it by its name.

    The records of its feeds are translated by the channel of the same name, so they look like its deliveries.
    """

    channel: str
    list_feeds: ListFeeds
