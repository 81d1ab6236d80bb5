"""How this process reaches the local AWS: the variables that every AWS SDK reads, set for this process only."""

import os
from collections.abc import Mapping

from infra.local.emulator import HOST, REGION


def variables(endpoint: str) -> Mapping[str, str]:
    """What a shell would export to reach the local AWS."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # The owner's own profile and endpoints have no say here.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": HOST,  # never through a proxy
        "no_proxy": HOST,
    }


def use(endpoint: str) -> None:
    """Point every boto3 client made from now on at the local AWS."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ.update(variables(endpoint))
