"""Replaces how a channel verifies deliveries, for payloads that carry no signature of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from unittest import mock

import msgspec

from regulars.channels.contract import VerifyDelivery
from regulars.channels.registry import CHANNELS, load_channel


@contextmanager
def replace_verification(name: str, verify: VerifyDelivery) -> Iterator[None]:
    """Within the block the channel, its handshake too, verifies with this function."""
    module = import_module(CHANNELS[name].partition(":")[0])
    channel = msgspec.structs.replace(load_channel(name), verify=verify)
    with mock.patch.multiple(module, CHANNEL=channel, verify_delivery=verify):
        yield


@contextmanager
def accept_deliveries(name: str) -> Iterator[None]:
    """Within the block the channel accepts every delivery."""
    with replace_verification(name, lambda _request, _secrets, _now: None):
        yield
