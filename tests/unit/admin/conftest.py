"""The stores of the owner's use cases on moto."""

import pytest

from regulars.admin.sources import SourceStores
from tests.support.aws import MotoStack
from tests.support.deployment import build_deployment


@pytest.fixture
def stores(aws: MotoStack) -> SourceStores:
    """The stores of sources."""
    return SourceStores.from_deployment(build_deployment())
