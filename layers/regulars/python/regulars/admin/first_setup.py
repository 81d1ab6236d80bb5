"""Gives a new deployment its pepper and its first API keys, and leaves those that exist."""

import secrets
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from regulars.admin.api_keys import DEFAULT_SOURCE, create_key
from regulars.store.api_keys import SCOPES, ApiKeys, Scope

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

FIRST_LABELS: dict[Scope, str] = {"write": "storefront", "read": "storefront", "admin": "owner"}
PEPPER_BYTES = 32


def set_up_deployment(
    ssm: "SSMClient", parameters_prefix: str, keys: ApiKeys, now: datetime
) -> dict[str, str]:
    """Create the pepper, and a key of each scope unless there are any keys.

    Return the texts of the created keys by scope: no store holds them.
    """
    _create_pepper(ssm, f"{parameters_prefix}/pepper")
    if keys.list_keys():
        return {}
    return {
        scope: create_key(keys, scope, now, FIRST_LABELS[scope], DEFAULT_SOURCE).text
        for scope in SCOPES
    }


def _create_pepper(ssm: "SSMClient", name: str) -> None:
    """Create the pepper unless it exists: with another one every known person would be a stranger."""
    with suppress(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name=name, Value=secrets.token_urlsafe(PEPPER_BYTES), Type="SecureString")
