"""Test that each channel has a documentation page, and that the generated files are current."""

import pytest

from infra.pages import CHANNEL_PAGES, EXPORT_PAGES, render_channels, render_exports
from regulars.channels.exports.contract import ExportFormat
from regulars.channels.registry import list_channels, load_channel, load_export_formats


@pytest.mark.parametrize("name", list_channels())
def test_channel_has_a_page(name: str) -> None:
    lines = load_channel(name).page.strip().splitlines()
    assert len(lines) >= 10
    assert lines[1] == ""


def test_generated_pages_equal_the_docstrings_of_the_modules() -> None:
    assert CHANNEL_PAGES.read_text() == render_channels(), "Run `python -m infra.pages`."
    assert EXPORT_PAGES.read_text() == render_exports(), "Run `python -m infra.pages`."


@pytest.mark.parametrize("format_", load_export_formats(), ids=lambda format_: format_.title)
def test_format_requires_only_columns_that_it_has(format_: ExportFormat) -> None:
    assert {*format_.key_columns} <= {*format_.columns}
    assert {name for columns in format_.required_columns for name in columns.split("|")} <= {
        *format_.columns
    }
