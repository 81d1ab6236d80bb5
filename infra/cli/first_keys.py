"""Creates the first keys of a deployment; those of the stack on this machine are stored in a file."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from regulars.admin.api_keys import open_keys
from regulars.admin.deployment import Deployment
from regulars.admin.first_setup import set_up_deployment
from regulars.store import clients


def create_first_keys(deployment: Deployment) -> dict[str, str]:
    """Create the pepper and the first keys unless they exist; return the texts of the created keys by scope."""
    keys, now = open_keys(deployment), datetime.now(UTC)
    return set_up_deployment(clients.create_ssm_client(), deployment.parameters_prefix, keys, now)


def load_local_keys(deployment: Deployment, file: Path) -> dict[str, str]:
    """Return the texts of the first keys by scope, from a file that is written when they are created."""
    if created := create_first_keys(deployment):
        file.touch(mode=0o600)
        file.write_text(json.dumps(created, indent=1))
    return dict(json.loads(file.read_text())) if file.exists() else {}


def list_key_lines(keys: Mapping[str, str], column: str = "") -> list[str]:
    """Return a line for each key; one that has a former name too has one line."""
    scopes: dict[str, str] = {}
    for scope, text in keys.items():
        scopes.setdefault(text, scope)
    return [f"{scope:<7} {column}{text}" for text, scope in scopes.items()]
