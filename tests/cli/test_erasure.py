"""`regulars privacy erase`: what it shows, what it removes, and its receipts."""

from collections.abc import Callable

import pytest

from infra.cli.privacy import erase
from regulars.admin.privacy import PrivacyOffice
from regulars.privacy import erasure
from tests.cli.conftest import CommandLine
from tests.support.aws import MotoStack
from tests.support.canary_shop import CanaryPerson, CanaryShop

ANN, BEN = CanaryPerson(1), CanaryPerson(2)


@pytest.fixture
def shop(aws: MotoStack, cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CanaryShop:
    """A shop with Ann and Bob; nothing waits, but the doors learn of tombstones."""
    shop = CanaryShop(aws, monkeypatch)
    for person in (ANN, BEN):
        shop.visit(person)
        shop.order(person)
    shop.deliver_stream()
    monkeypatch.setattr(erase, "await_local_stream", lambda _: None)
    open_office: Callable[..., PrivacyOffice] = PrivacyOffice.from_deployment
    forget = shop.forget_tombstones

    def open_without_wait(deployment: object) -> PrivacyOffice:
        office = open_office(deployment)
        stores = office.eraser.stores
        eraser = erasure.Eraser(stores=stores, sleep=lambda _: forget())
        return PrivacyOffice(people=office.people, eraser=eraser)

    monkeypatch.setattr(PrivacyOffice, "from_deployment", open_without_wait)
    return shop


def test_erasure_is_shown_before_it_is_done(cli: CommandLine, shop: CanaryShop) -> None:
    (preview,) = cli.result("privacy", "erase", ANN.email)
    assert (preview["identifiers"], preview["events"], preview["orders"]) == (5, 3, 1)
    assert "email" in preview["contact_fields"]
    text = cli.output("privacy", "erase", ANN.email)
    assert "5 identifiers, 3 events, 1 order" in text
    assert "--yes" in text
    assert shop.find_traces([ANN])
    assert cli.result("privacy", "receipts") == []


@pytest.mark.parametrize("name", [ANN.email, ANN.phone, ANN.user_id, ANN.profile_ids[0]])
def test_person_is_erased_by_any_name(cli: CommandLine, shop: CanaryShop, name: str) -> None:
    receipt = cli.result("privacy", "erase", name, "--yes")
    assert receipt["removed"]["events"] == 3
    shop.deliver_stream()
    assert shop.find_traces([ANN]) == []
    assert shop.find_traces([BEN])
    (listed,) = cli.result("privacy", "receipts")
    assert (listed["id"], listed["is_valid"]) == (receipt["id"], True)


def test_second_erasure_says_that_nothing_remains(cli: CommandLine, shop: CanaryShop) -> None:
    assert "events of the ledger" in cli.output("privacy", "erase", ANN.email, "--yes")
    assert "nothing has been recorded since" in cli.output("privacy", "erase", ANN.email)
    assert "Nothing was found." in cli.output("privacy", "erase", ANN.email, "--yes")
    assert "Nothing was found." in cli.output("privacy", "reapply")


def test_unknown_person_is_an_error(cli: CommandLine, shop: CanaryShop) -> None:
    for words in ([], ["--yes"]):
        errors = cli.errors("privacy", "erase", "zoe@example.com", *words, code=1)
        assert "No person is known" in errors
    assert cli.result("privacy", "receipts") == []


def test_altered_receipt_is_an_error(aws: MotoStack, cli: CommandLine, shop: CanaryShop) -> None:
    cli.result("privacy", "erase", ANN.email, "--yes")
    ((key, body),) = [
        (key, body) for key, body in shop.list_versions("lake") if key.startswith("receipts/")
    ]
    aws.s3.put_object(
        Bucket="test-lake", Key=key, Body=body.replace(b'"identifiers": 5', b'"identifiers": 4')
    )
    assert "NOT AS SIGNED" in cli.output("privacy", "receipts", code=1)
