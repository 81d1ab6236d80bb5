"""The small stores of the doors: rejects, parameters, sources and checkpoints."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from regulars.domain.errors import ConcurrentUpdateError
from regulars.store.checkpoints import Checkpoint, Checkpoints
from regulars.store.parameters import Parameters
from regulars.store.rejects import REJECT_RETENTION, Reject, Rejects, StoredDelivery
from regulars.store.sources import Source, Sources
from tests.support.aws import PEPPER, PREFIX, MotoStack

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
REJECT = Reject(
    code="unknown_topic", reason="Nothing is known of it.", source="shopify/main", raw=b'{"id": 1}'
)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_reject_keeps_what_came_for_thirty_days(aws: MotoStack) -> None:
    store = Rejects("test-rejects", aws.dynamodb)
    store.store_rejects([REJECT], NOW)
    (kept,) = store.list_rejects("2026-11-22")
    assert (kept["code"], kept["raw"], kept["cut"]) == (REJECT.code, REJECT.raw, False)
    (item,) = aws.dynamodb.scan(TableName="test-rejects")["Items"]
    assert int(item["expires_at"]["N"]) == int((NOW + REJECT_RETENTION).timestamp())


def test_reject_of_a_genuine_delivery_does_not_keep_what_it_showed(aws: MotoStack) -> None:
    store = Rejects("test-rejects", aws.dynamodb)
    token = {"x-telegram-bot-api-secret-token": "canary", "authorization": "Bearer canary"}
    around = StoredDelivery(raw_query="token=canary", headers=token, verified=True)
    store.store_rejects(
        [
            Reject(
                code="unknown_topic", reason="", source="telegram/main", raw=b"{}", delivery=around
            )
        ],
        NOW,
    )
    (item,) = aws.dynamodb.scan(TableName="test-rejects")["Items"]
    assert "canary" not in item["delivery"]["S"]


def test_reject_is_one_item_when_it_comes_again(aws: MotoStack) -> None:
    store = Rejects("test-rejects", aws.dynamodb)
    store.store_rejects([REJECT, REJECT], NOW)
    store.store_rejects([REJECT], NOW + timedelta(hours=1))
    assert len(store.list_rejects("2026-11-22")) == 1


def test_reject_too_large_for_an_item_is_cut_and_says_so(aws: MotoStack) -> None:
    raw = os.urandom(1_000_000)
    store = Rejects("test-rejects", aws.dynamodb)
    store.store_rejects([Reject(code="c", reason="r", source="s", raw=raw)], NOW)
    (kept,) = store.list_rejects("2026-11-22")
    assert kept["cut"]
    assert len(kept["raw"]) > 300_000
    assert raw.startswith(kept["raw"])


def test_secrets_are_read_again_after_five_minutes(aws: MotoStack) -> None:
    clock = Clock()
    parameters = Parameters(PREFIX, aws.ssm, clock)
    aws.put_secrets("shopify/main", "one")
    assert parameters.read_signing_secrets("shopify", "main") == ("one",)
    aws.put_secrets("shopify/main", "two", "one")
    assert parameters.read_signing_secrets("shopify", "main") == ("one",)
    clock.seconds += 301
    assert parameters.read_signing_secrets("shopify", "main") == ("two", "one")


def test_missing_secrets_are_found_within_seconds_of_being_set(aws: MotoStack) -> None:
    clock = Clock()
    parameters = Parameters(PREFIX, aws.ssm, clock)
    aws.put_secrets("form/contact", token="made-first")
    assert parameters.read_signing_secrets("form", "contact") == ()
    aws.put_secrets("form/contact", "one")
    clock.seconds += 5
    assert parameters.read_signing_secrets("form", "contact") == ("one",)


def test_blank_secret_is_none_since_anybody_can_sign_with_it(aws: MotoStack) -> None:
    aws.put_secrets("shopify/main", "", "s1")
    assert Parameters(PREFIX, aws.ssm).read_signing_secrets("shopify", "main") == ("s1",)


def test_credentials_lie_beside_the_secrets_and_are_read_with_them(
    aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.put_secrets("wechat/main", "token", encoding_aes_key="key")
    parameters = Parameters(PREFIX, aws.ssm)
    assert parameters.read_signing_secrets("wechat", "main") == ("token",)
    monkeypatch.setattr(aws.ssm, "get_parameter", None)
    assert parameters.read_credentials("wechat", "main") == {"encoding_aes_key": "key"}


def test_source_without_credentials_has_none(aws: MotoStack) -> None:
    assert Parameters(PREFIX, aws.ssm).read_credentials("wechat", "main") == {}


def test_pepper_is_the_deployments(aws: MotoStack) -> None:
    assert Parameters(PREFIX, aws.ssm).read_pepper() == PEPPER
    with pytest.raises(LookupError):
        Parameters("/nothing", aws.ssm).read_pepper()


def test_new_source_is_found_within_seconds(aws: MotoStack) -> None:
    clock = Clock()
    sources = Sources("test-control", aws.dynamodb, clock)
    assert sources.find_source("form", "contact") is None
    source = Source(channel="form", source="contact", config={"next": "https://shop.example.com/"})
    sources.save_source(source)
    clock.seconds += 5
    assert sources.find_source("form", "contact") == source


def test_source_disabled_elsewhere_is_refused_within_ten_seconds(aws: MotoStack) -> None:
    clock = Clock()
    sources = Sources("test-control", aws.dynamodb, clock)
    sources.save_source(Source(channel="form", source="contact"))
    assert sources.find_source("form", "contact")
    sources.save_source(Source(channel="form", source="contact", disabled=True))
    assert sources.find_source("form", "contact")
    clock.seconds += 10
    assert sources.find_source("form", "contact") is None


def test_disabled_source_is_not_found(aws: MotoStack) -> None:
    sources = Sources("test-control", aws.dynamodb)
    sources.save_source(Source(channel="form", source="contact", disabled=True))
    assert sources.find_source("form", "contact") is None


def test_checkpoint_is_saved_by_one_run_only(aws: MotoStack) -> None:
    store = Checkpoints("test-control", aws.dynamodb)
    first = store.save_checkpoint(Checkpoint(key="imports/a.csv", etag="etag", rows=5, state="{}"))
    assert store.read_checkpoint("imports/a.csv") == first
    store.save_checkpoint(first)
    with pytest.raises(ConcurrentUpdateError):
        store.save_checkpoint(first)


def test_unknown_checkpoint_is_none(aws: MotoStack) -> None:
    assert Checkpoints("test-control", aws.dynamodb).read_checkpoint("imports/a.csv") is None
