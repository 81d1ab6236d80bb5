"""Gives a new deployment its pepper and its first API keys, and leaves those that exist."""

import secrets
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from regulars.admin.api_keys import DEFAULT_SOURCE, KeyRequest, create_key
from regulars.store.api_keys import FORMER_BROWSER_SCOPE, SCOPES, ApiKeys, Scope

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

FIRST_LABELS: dict[Scope, str] = {
    "browser": "storefront",
    "server": "back end",
    "read": "storefront",
    "admin": "owner",
}
FIRST_SOURCES: dict[Scope, str] = {"server": "server"}
PEPPER_BYTES = 32


def set_up_deployment(
    ssm: "SSMClient", parameters_prefix: str, keys: ApiKeys, now: datetime
) -> dict[str, str]:
    """Create the pepper, and a key of each scope unless there are any keys.

    Return the texts of the created keys by scope: no store holds them. The browser key has its former name, too, which
    scripts read.
    """
    _create_pepper(ssm, f"{parameters_prefix}/pepper")
    if keys.list_keys():
        return {}
    texts = {scope: _create_first_key(keys, scope, now) for scope in SCOPES}
    return {"browser": texts["browser"], FORMER_BROWSER_SCOPE: texts["browser"]} | texts


def _create_first_key(keys: ApiKeys, scope: Scope, now: datetime) -> str:
    source = FIRST_SOURCES.get(scope, DEFAULT_SOURCE)
    return create_key(
        keys, KeyRequest(scope=scope, label=FIRST_LABELS[scope], source=source), now
    ).text


def _create_pepper(ssm: "SSMClient", name: str) -> None:
    """Create the pepper unless it exists: with another one every known person would be a stranger."""
    with suppress(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name=name, Value=secrets.token_urlsafe(PEPPER_BYTES), Type="SecureString")
