"""Synthesizes the template once for all tests of the infrastructure."""

import pytest

from infra import app
from tests.support.template import Template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Return the template as a deployment with default parameters uses it."""
    return Template.read_folder(app.synthesize(tmp_path_factory.mktemp("cdk") / "out"))
