"""Every channel tells its owner what to click and what is kept, and the page beside them is what it tells."""

import pytest

from infra.pages import CHANNEL_PAGES, EXPORT_PAGES, render_channel_pages, render_export_pages
from regulars.channels.exports.contract import Format
from regulars.channels.exports.registry import FORMATS
from regulars.channels.registry import CHANNELS, channel_of


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_channel_has_a_page(name: str) -> None:
    lines = str(channel_of(name).__doc__).strip().splitlines()
    assert len(lines) >= 10
    assert lines[1] == ""


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_channel_is_named_as_in_its_path(name: str) -> None:
    assert name == channel_of(name).CHANNEL


def test_written_pages_are_those_of_the_modules() -> None:
    assert CHANNEL_PAGES.read_text() == render_channel_pages(), "Run `python -m infra.pages`."
    assert EXPORT_PAGES.read_text() == render_export_pages(), "Run `python -m infra.pages`."


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.title)
def test_format_of_a_channel_names_one_that_is_there(format_: Format) -> None:
    assert format_.channel in {"", *CHANNELS}
    assert {*format_.key} <= {*format_.columns}
    assert {name for one in format_.required for name in one.split("|")} <= {*format_.columns}
