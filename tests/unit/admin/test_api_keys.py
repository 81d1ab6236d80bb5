"""API keys by the owner's hand: created once, revoked by the beginning of their id, and the first ones."""

from datetime import UTC, datetime

import pytest

from regulars.admin.api_keys import KeyRequest, create_key, open_keys, revoke_key
from regulars.admin.errors import AmbiguousIdError, UselessOrderPolicyError
from regulars.admin.first_setup import set_up_deployment
from regulars.store.api_keys import ApiKeys, Scope
from tests.support.aws import PEPPER, PREFIX, MotoStack
from tests.support.deployment import build_deployment

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
def keys(aws: MotoStack) -> ApiKeys:
    return open_keys(build_deployment())


@pytest.mark.parametrize(
    ("label", "source", "stored"), [("shop", "", "shop"), ("shop", "web2", "web2"), ("", "", "web")]
)
def test_source_of_a_key_is_its_label_by_default(
    keys: ApiKeys, label: str, source: str, stored: str
) -> None:
    created = create_key(keys, KeyRequest(scope="browser", label=label, source=source), NOW)
    assert (created.key.source, created.key.created_at) == (stored, "2026-11-20T10:00:00.000Z")
    assert keys.authenticate(created.text) == created.key


def test_key_is_revoked_by_the_beginning_of_its_id(keys: ApiKeys) -> None:
    created = create_key(keys, KeyRequest(scope="read"), NOW)
    assert revoke_key(keys, created.key.id[:12], NOW) == created.key
    assert [key.revoked_at for key in keys.list_keys()] == ["2026-11-20T10:00:00.000Z"]


@pytest.mark.parametrize(("prefix", "matches"), [("", 2), ("zz", 0)])
def test_revocation_needs_exactly_one_key(keys: ApiKeys, prefix: str, matches: int) -> None:
    for _ in range(2):
        create_key(keys, KeyRequest(scope="read"), NOW)
    with pytest.raises(AmbiguousIdError) as ambiguous:
        revoke_key(keys, prefix, NOW)
    assert ambiguous.value.matches == matches


def test_first_setup_creates_a_key_of_each_scope_once(aws: MotoStack, keys: ApiKeys) -> None:
    created = set_up_deployment(aws.ssm, PREFIX, keys, NOW)
    assert [*created] == ["browser", "write", "server", "read", "admin"]
    assert created["write"] == created["browser"]
    assert set_up_deployment(aws.ssm, PREFIX, keys, NOW) == {}
    assert {key.scope for key in keys.list_keys()} == {*created} - {"write"}


def test_first_server_key_has_a_source_of_its_own(aws: MotoStack, keys: ApiKeys) -> None:
    set_up_deployment(aws.ssm, PREFIX, keys, NOW)
    sources = {key.scope: key.source for key in keys.list_keys()}
    assert (sources["browser"], sources["server"]) == ("web", "server")


@pytest.mark.parametrize("scope", ["server", "read", "admin"])
def test_policy_for_orders_is_of_browser_keys_only(keys: ApiKeys, scope: Scope) -> None:
    with pytest.raises(UselessOrderPolicyError):
        create_key(keys, KeyRequest(scope=scope, orders="count"), NOW)
    assert keys.list_keys() == []


def test_first_setup_never_replaces_the_pepper(aws: MotoStack, keys: ApiKeys) -> None:
    set_up_deployment(aws.ssm, PREFIX, keys, NOW)
    answer = aws.ssm.get_parameter(Name=f"{PREFIX}/pepper", WithDecryption=True)
    assert answer["Parameter"]["Value"] == PEPPER.decode()


def test_first_setup_creates_a_missing_pepper(aws: MotoStack, keys: ApiKeys) -> None:
    set_up_deployment(aws.ssm, "/regulars/other", keys, NOW)
    answer = aws.ssm.get_parameter(Name="/regulars/other/pepper")
    assert answer["Parameter"]["Type"] == "SecureString"
