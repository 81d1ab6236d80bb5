"""Rejects, parameters, sources and checkpoints are stored and read as the ingestion needs them."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from regulars.domain.errors import ConcurrentUpdateError
from regulars.store.checkpoints import Checkpoint, Checkpoints
from regulars.store.parameters import Parameters
from regulars.store.rejects import Reject, Rejects, StoredDelivery
from regulars.store.schema import REJECT_RETENTION
from regulars.store.sources import Source, Sources
from tests.support.aws import PEPPER, PREFIX, MotoStack

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
REJECT = Reject(
    code="unknown_topic", reason="Nothing is known of it.", source="shopify/main", raw=b'{"id": 1}'
)


class StoreClock:
    """A clock that a test advances."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_reject_holds_the_body_for_thirty_days(aws: MotoStack) -> None:
    store = Rejects("test-rejects", aws.dynamodb)
    store.store_rejects([REJECT], NOW)
    (reject,) = store.list_rejects("2026-11-22")
    assert (reject["code"], reject["raw"], reject["cut"]) == (REJECT.code, REJECT.raw, False)
    (item,) = aws.dynamodb.scan(TableName="test-rejects")["Items"]
    assert int(item["expires_at"]["N"]) == int((NOW + REJECT_RETENTION).timestamp())


def test_reject_of_verified_delivery_holds_no_secret(aws: MotoStack) -> None:
    store = Rejects("test-rejects", aws.dynamodb)
    token = {"x-telegram-bot-api-secret-token": "canary", "authorization": "Bearer canary"}
    delivery = StoredDelivery(raw_query="token=canary", headers=token, verified=True)
    store.store_rejects(
        [
            Reject(
                code="unknown_topic",
                reason="",
                source="telegram/main",
                raw=b"{}",
                delivery=delivery,
            )
        ],
        NOW,
    )
    (item,) = aws.dynamodb.scan(TableName="test-rejects")["Items"]
    assert "canary" not in item["delivery"]["S"]


def test_reject_is_one_item_when_repeated(aws: MotoStack) -> None:
    store = Rejects("test-rejects", aws.dynamodb)
    store.store_rejects([REJECT, REJECT], NOW)
    store.store_rejects([REJECT], NOW + timedelta(hours=1))
    assert len(store.list_rejects("2026-11-22")) == 1


def test_reject_is_cut_when_too_large_for_an_item(aws: MotoStack) -> None:
    raw = os.urandom(1_000_000)
    store = Rejects("test-rejects", aws.dynamodb)
    store.store_rejects([Reject(code="c", reason="r", source="s", raw=raw)], NOW)
    (reject,) = store.list_rejects("2026-11-22")
    assert reject["cut"]
    assert len(reject["raw"]) > 300_000
    assert raw.startswith(reject["raw"])


def test_secrets_are_read_again_after_five_minutes(aws: MotoStack) -> None:
    clock = StoreClock()
    parameters = Parameters(PREFIX, aws.ssm, clock)
    aws.put_secrets("shopify/main", "one")
    assert parameters.read_signing_secrets("shopify", "main") == ("one",)
    aws.put_secrets("shopify/main", "two", "one")
    assert parameters.read_signing_secrets("shopify", "main") == ("one",)
    clock.seconds += 301
    assert parameters.read_signing_secrets("shopify", "main") == ("two", "one")


def test_missing_secrets_are_found_seconds_after_they_are_set(aws: MotoStack) -> None:
    clock = StoreClock()
    parameters = Parameters(PREFIX, aws.ssm, clock)
    aws.put_secrets("form/contact", token="made-first")
    assert parameters.read_signing_secrets("form", "contact") == ()
    aws.put_secrets("form/contact", "one")
    clock.seconds += 5
    assert parameters.read_signing_secrets("form", "contact") == ("one",)


def test_blank_secret_counts_as_no_secret(aws: MotoStack) -> None:
    aws.put_secrets("shopify/main", "", "s1")
    assert Parameters(PREFIX, aws.ssm).read_signing_secrets("shopify", "main") == ("s1",)


def test_credentials_are_read_together_with_the_secrets(
    aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.put_secrets("wechat/main", "token", encoding_aes_key="key")
    parameters = Parameters(PREFIX, aws.ssm)
    assert parameters.read_signing_secrets("wechat", "main") == ("token",)
    monkeypatch.setattr(aws.ssm, "get_parameter", None)
    assert parameters.read_credentials("wechat", "main") == {"encoding_aes_key": "key"}


def test_source_without_credentials_has_an_empty_dict(aws: MotoStack) -> None:
    assert Parameters(PREFIX, aws.ssm).read_credentials("wechat", "main") == {}


def test_pepper_is_read_from_its_parameter(aws: MotoStack) -> None:
    assert Parameters(PREFIX, aws.ssm).read_pepper() == PEPPER
    with pytest.raises(LookupError):
        Parameters("/nothing", aws.ssm).read_pepper()


def is_disabled(sources: Sources) -> bool:
    source = sources.find_source("form", "contact")
    assert source
    return source.disabled


def test_new_source_is_found_within_seconds(aws: MotoStack) -> None:
    clock = StoreClock()
    sources = Sources("test-control", aws.dynamodb, clock)
    assert sources.find_source("form", "contact") is None
    source = Source(channel="form", source="contact", config={"next": "https://shop.example.com/"})
    sources.save_source(source)
    clock.seconds += 5
    assert sources.find_source("form", "contact") == source


def test_source_disabled_elsewhere_is_seen_within_ten_seconds(aws: MotoStack) -> None:
    clock = StoreClock()
    sources = Sources("test-control", aws.dynamodb, clock)
    sources.save_source(Source(channel="form", source="contact"))
    assert not is_disabled(sources)
    sources.save_source(Source(channel="form", source="contact", disabled=True))
    assert not is_disabled(sources)
    clock.seconds += 10
    assert is_disabled(sources)


def test_checkpoint_is_saved_by_one_run_only(aws: MotoStack) -> None:
    store = Checkpoints("test-control", aws.dynamodb)
    first = store.save_checkpoint(Checkpoint(key="imports/a.csv", etag="etag", rows=5, state="{}"))
    assert store.read_checkpoint("imports/a.csv") == first
    store.save_checkpoint(first)
    with pytest.raises(ConcurrentUpdateError):
        store.save_checkpoint(first)


def test_unknown_checkpoint_is_read_as_none(aws: MotoStack) -> None:
    assert Checkpoints("test-control", aws.dynamodb).read_checkpoint("imports/a.csv") is None
