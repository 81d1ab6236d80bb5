"""The registry names every channel, export format and feed that the modules define, and loads each as its type."""

import re
from pathlib import Path

import pytest

from regulars import channels
from regulars.channels.contract import Channel, NoSecret
from regulars.channels.exports.contract import ExportFormat
from regulars.channels.feeds.feed_provider import FeedProvider
from regulars.channels.registry import (
    CHANNELS,
    EXPORT_FORMATS,
    FEED_PROVIDERS,
    _load_value,
    list_channels,
    load_channel,
    load_export_formats,
)
from regulars.channels.tracking.messages import CHANNEL_NAME as TRACKING
from regulars.domain.trust import PUBLIC_CHANNELS
from tests.support.channel_answers import ONLY_THEY_SIGN

FOLDER = Path(str(channels.__file__)).parent
DEFINITION = re.compile(r"^(\w+) = (?:Channel|ExportFormat|FeedProvider)\(", re.MULTILINE)


def list_definitions() -> set[str]:
    """Return the dotted name of every value that a module of `channels` defines."""
    found = set()
    for path in FOLDER.rglob("*.py"):
        parts = path.relative_to(FOLDER.parents[1]).with_suffix("").parts
        found |= {f"{'.'.join(parts)}:{name}" for name in DEFINITION.findall(path.read_text())}
    return found


def test_registry_names_every_definition_once() -> None:
    names = [*CHANNELS.values(), *EXPORT_FORMATS, *FEED_PROVIDERS.values()]
    assert sorted(names) == sorted(list_definitions())


def test_channel_is_public_when_browsers_send_its_deliveries() -> None:
    browser_channels = {name for name in list_channels() if load_channel(name).find_next_page}
    assert browser_channels == PUBLIC_CHANNELS - {TRACKING}


def test_channels_are_listed_by_name() -> None:
    assert list(CHANNELS) == list_channels()


@pytest.mark.parametrize("name", list_channels())
def test_channel_is_named_as_in_its_path(name: str) -> None:
    channel = load_channel(name)
    assert isinstance(channel, Channel)
    assert channel.name == name
    assert channel.title


@pytest.mark.parametrize("name", list_channels())
def test_channel_builds_a_sample_unless_only_its_provider_can_sign(name: str) -> None:
    assert (load_channel(name).build_sample is None) == (name in ONLY_THEY_SIGN)


def test_only_notifications_of_amazon_need_no_secret() -> None:
    keyless = [name for name in list_channels() if not load_channel(name).needs_secret]
    assert keyless == ["ses-sns"]
    assert load_channel("ses-sns").secret == NoSecret()


def test_channel_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load_channel("lantern")


def test_export_formats_belong_to_channels_and_have_titles_of_their_own() -> None:
    formats = load_export_formats()
    assert all(isinstance(format_, ExportFormat) for format_ in formats)
    assert {format_.channel for format_ in formats} <= {"", *CHANNELS}
    assert len({format_.title for format_ in formats}) == len(formats)


@pytest.mark.parametrize("name", FEED_PROVIDERS)
def test_feed_provider_is_of_a_channel(name: str) -> None:
    feed_provider = _load_value(FEED_PROVIDERS[name])
    assert isinstance(feed_provider, FeedProvider)
    assert feed_provider.channel == name
    assert name in CHANNELS
