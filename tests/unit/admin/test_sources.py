"""Connected sources: listed without a secret, disabled and enabled, their secrets rotated."""

import pytest

from regulars.admin.errors import SecretNotNeededError, SecretRequiredError, SourceNotFoundError
from regulars.admin.sources import (
    SourceStores,
    create_source,
    disable_source,
    enable_source,
    list_sources,
    rotate_secret,
)
from regulars.store.parameters import SourceSecrets
from regulars.store.reconciliations import FeedWalk, Reconciliation
from regulars.store.sources import Source
from tests.support.deployment import API_URL

SHOPIFY = ("shopify", "main")
FAULT = FeedWalk(
    since="", fault="key_refused", reason="The key is refused.", faulty_since="2026-11-20"
)


def save_source(stores: SourceStores, channel: str, *secrets: str, **credentials: str) -> None:
    """Store a source with these secrets."""
    stores.sources.save_source(Source(channel=channel, source="main"))
    stores.parameters.save_source_secrets(channel, "main", SourceSecrets(secrets, credentials))


def list_live_secrets(stores: SourceStores, channel: str) -> tuple[str, ...]:
    return stores.parameters.read_signing_secrets(channel, "main")


def test_status_shows_the_state_and_never_a_secret(stores: SourceStores) -> None:
    save_source(stores, "shopify", "canary-1", "canary-2", access_token="canary-3")
    (status,) = list_sources(stores)
    assert (status.state, status.live_secrets) == ("on", 2)
    assert status.credential_names == ["access_token"]
    assert "canary" not in str(status)


def test_disabled_source_is_listed_as_such_until_it_is_enabled(stores: SourceStores) -> None:
    save_source(stores, "shopify", "s")
    disable_source(stores, *SHOPIFY)
    assert list_sources(stores)[0].state == "disabled"
    enable_source(stores, *SHOPIFY)
    assert list_sources(stores)[0].state == "on"


def test_status_shows_the_faults_of_the_last_reconciliation(stores: SourceStores) -> None:
    save_source(stores, "shopify", "s")
    run = Reconciliation(
        channel="shopify",
        source="main",
        walks={"orders": FAULT, "customers": FeedWalk(since="")},
        ran_at="2026-11-22",
        new=3,
    )
    stores.reconciliations.save_reconciliation(run)
    reconciliation = list_sources(stores)[0].reconciliation
    assert reconciliation
    assert (reconciliation.at, reconciliation.new) == ("2026-11-22", 3)
    assert {name: fault.code for name, fault in reconciliation.faults.items()} == {
        "orders": "key_refused"
    }


def test_created_source_has_a_generated_secret(stores: SourceStores) -> None:
    secret = create_source(stores, "form", "main")
    assert list_live_secrets(stores, "form") == (secret,)


def test_rotated_source_keeps_the_newest_two_secrets(stores: SourceStores) -> None:
    save_source(stores, "shopify", "first")
    rotate_secret(stores, *SHOPIFY, "second")
    assert list_live_secrets(stores, "shopify") == ("second", "first")
    rotate_secret(stores, *SHOPIFY, "third")
    assert list_live_secrets(stores, "shopify") == ("third", "second")


def test_rotation_generates_the_secret_that_regulars_makes(stores: SourceStores) -> None:
    save_source(stores, "typeform", "first")
    rotated = rotate_secret(stores, "typeform", "main")
    assert rotated.url == f"{API_URL}/hooks/typeform/main"
    assert list_live_secrets(stores, "typeform") == (rotated.generated, "first")


def test_rotation_keeps_the_credentials(stores: SourceStores) -> None:
    save_source(stores, "whatsapp", "s", verify_token="v")
    rotate_secret(stores, "whatsapp", "main", "t")
    stored = stores.secrets_of("whatsapp", "main")
    assert stored == SourceSecrets(("t", "s"), {"verify_token": "v"})


def test_rotation_requires_the_secret_that_the_provider_makes(stores: SourceStores) -> None:
    save_source(stores, "shopify", "first")
    with pytest.raises(SecretRequiredError):
        rotate_secret(stores, *SHOPIFY)


def test_rotation_of_a_channel_without_secrets_is_refused(stores: SourceStores) -> None:
    save_source(stores, "ses-sns")
    with pytest.raises(SecretNotNeededError):
        rotate_secret(stores, "ses-sns", "main")


def test_unknown_source_is_named_in_the_error(stores: SourceStores) -> None:
    with pytest.raises(SourceNotFoundError, match="shopify/main"):
        disable_source(stores, *SHOPIFY)
