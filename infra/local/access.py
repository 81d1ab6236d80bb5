"""Sets the variables with which the AWS SDKs of this process reach the local AWS."""

import os
from collections.abc import Mapping

from infra.local.emulator import REGION
from infra.local.ports import HOST


def build_access_variables(endpoint: str) -> Mapping[str, str]:
    """Return the variables that a shell would export to reach the local AWS."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # The owner's own profile and endpoints are not used.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": HOST,  # never through a proxy
        "no_proxy": HOST,
    }


def use_endpoint(endpoint: str) -> None:
    """Point every AWS client that is created from now on at the local AWS."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ.update(build_access_variables(endpoint))
