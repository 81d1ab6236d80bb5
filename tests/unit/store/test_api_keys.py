"""API keys are shown once, stored hashed and cached for a minute."""

import pytest

from regulars.store.api_keys import ApiKey, ApiKeys
from tests.support.aws import MotoStack

CREATION_TIME = "2026-01-02T03:04:05.000Z"


class KeyClock:
    """A clock that a test moves by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> KeyClock:
    return KeyClock()


@pytest.fixture
def keys(aws: MotoStack, clock: KeyClock) -> ApiKeys:
    return ApiKeys("test-control", aws.dynamodb, clock)


def store_scope(aws: MotoStack, key: ApiKey, scope: str) -> None:
    """Store the key as an earlier version did."""
    item = {"id": f"key#{key.id}", "scope": scope, "label": key.label, "source": key.source}
    texts = {name: {"S": text} for name, text in (item | {"created_at": key.created_at}).items()}
    aws.dynamodb.put_item(TableName="test-control", Item=texts)


def test_new_key_authenticates_with_its_scope_and_source(keys: ApiKeys) -> None:
    text, key = keys.create_key("browser", "Storefront", "web", CREATION_TIME)
    assert text.startswith("rk_browser_")
    assert len(text) == len("rk_browser_") + 32
    assert keys.authenticate(text) == key
    assert (key.scope, key.source, key.label, key.created_at) == (
        "browser",
        "web",
        "Storefront",
        CREATION_TIME,
    )


def test_stored_write_key_is_a_browser_key(keys: ApiKeys, aws: MotoStack) -> None:
    key = keys.register_key("wk_legacy", "browser", "Legacy", "web", CREATION_TIME)
    store_scope(aws, key, "write")
    assert keys.authenticate("wk_legacy") == key
    assert keys.list_keys() == [key]


def test_text_of_a_key_is_not_stored(keys: ApiKeys, aws: MotoStack) -> None:
    text, _ = keys.create_key("admin", "", "", CREATION_TIME)
    assert text not in str(aws.dynamodb.scan(TableName="test-control")["Items"])


@pytest.mark.parametrize("text", ["", "rk_write_unknown", "\ud800", "x" * 10_000])
def test_unknown_key_is_none(keys: ApiKeys, text: str) -> None:
    assert keys.authenticate(text) is None


def test_revoked_key_is_refused_at_once_here_and_within_a_minute_elsewhere(
    keys: ApiKeys, clock: KeyClock, aws: MotoStack
) -> None:
    text, key = keys.create_key("read", "Shop", "", CREATION_TIME)
    elsewhere = ApiKeys("test-control", aws.dynamodb, clock)
    assert elsewhere.authenticate(text) == key
    assert keys.revoke_key(key.id, CREATION_TIME)
    assert keys.authenticate(text) is None
    assert elsewhere.authenticate(text) == key
    clock.now += 60
    assert elsewhere.authenticate(text) is None


def test_revoking_an_unknown_key_returns_false(keys: ApiKeys) -> None:
    assert not keys.revoke_key("0" * 64, CREATION_TIME)


def test_key_registered_after_a_refusal_is_accepted_within_seconds(
    keys: ApiKeys, clock: KeyClock
) -> None:
    assert keys.authenticate("wk_legacy") is None
    key = keys.register_key("wk_legacy", "browser", "Legacy", "web", CREATION_TIME)
    assert keys.authenticate("wk_legacy") is None
    clock.now += 5
    assert keys.authenticate("wk_legacy") == key


def test_list_contains_all_keys_oldest_first_and_no_other_items(
    keys: ApiKeys, aws: MotoStack
) -> None:
    aws.dynamodb.put_item(
        TableName="test-control", Item={"id": {"S": "dataset"}, "scope": {"S": "x"}}
    )
    _, later = keys.create_key("read", "Later", "", "2026-01-03T00:00:00.000Z")
    _, earlier = keys.create_key("browser", "Earlier", "web", CREATION_TIME)
    keys.revoke_key(earlier.id, CREATION_TIME)
    assert [key.label for key in keys.list_keys()] == ["Earlier", "Later"]
    assert [key.revoked_at for key in keys.list_keys()] == [CREATION_TIME, ""]
    assert keys.list_keys()[1] == later
