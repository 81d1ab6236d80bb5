"""Exports that the owner uploads: followed by the use case, imported by the real function, and reported."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from regulars.admin.errors import ImportAbandonedError
from regulars.admin.export_files import recognize_export
from regulars.admin.import_accounts import find_account, has_orders_elsewhere
from regulars.admin.imports import ImportStores, await_report, is_failed_import, upload_export
from regulars.admin.polling import Polling
from regulars.channels.exports.buyers import build_buyer
from regulars.channels.exports.contract import File
from regulars.settings import ImportHistorySettings
from regulars.store.sources import Source, Sources
from tests.functions.conftest import StackTables
from tests.support.aws import REGION, MotoStack
from tests.support.deployment import build_deployment
from tests.support.export_files import to_csv
from tests.support.gateway import load_handler
from tests.unit.channels.test_provider_exports import MAILCHIMP_MEMBER, STRIPE_PAYMENT
from tests.unit.channels.test_shopify_export import CUSTOMER_ROW, ORDER_ROW, SECOND_ROW, SHOP

type ImportFile = Callable[..., dict[str, Any]]


class EndlessContext:
    """A Lambda context that has all the time."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 10_000_000


@pytest.fixture
def import_file(aws: MotoStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportFile:
    """Writes rows to a file, imports it and returns the report; the function runs while the use case waits."""
    module = load_handler("import_history", aws.build_settings(ImportHistorySettings), monkeypatch)
    stores = ImportStores.from_deployment(build_deployment(), aws.s3)
    sources = Sources("test-control", aws.dynamodb)

    def run(name: str, *rows: dict[str, str], account: str | None = None) -> dict[str, Any]:
        path = tmp_path / name
        path.write_text(to_csv(rows))
        with path.open("rb") as stream:
            export = recognize_export(stream, name)
        found_account = find_account(sources, export.format, account).account
        key = export.upload_key(found_account)
        without_orders = has_orders_elsewhere(sources, export.format.channel, found_account)
        with path.open("rb") as stream:
            upload_export(stores, key, stream, without_orders=without_orders)
        detail = {"bucket": {"name": "test-uploads"}, "object": {"key": key}}
        arrive = functools.partial(module.handler, {"detail": detail}, EndlessContext())
        return await_report(stores, key, Polling(sleep=lambda _seconds: arrive()))

    return run


def test_reports_say_what_was_imported(import_file: ImportFile, tables: StackTables) -> None:
    orders = import_file("orders.csv", ORDER_ROW, SECOND_ROW, account=SHOP)
    customers = import_file("customers.csv", CUSTOMER_ROW, account=SHOP)
    assert [orders["format"], customers["format"]] == ["Shopify orders", "Shopify customers"]
    assert (orders["orders"], orders["people"], orders["money"]) == (1, 1, {"EUR": "30.00"})
    assert (orders["first"], orders["rows"]) == ("2026-11-01T08:59:00.000Z", 2)
    assert "ebedee" not in tables.read_ledger_text()
    assert tables.list_contacts()[0]["email"] == "zebedee@example.com"


def test_bug_in_an_export_sets_its_order_aside_and_goes_on(
    import_file: ImportFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(file: File, **contact: str) -> Any:
        return 1 // (contact["email"] != "poison@example.com") and build_buyer(file, **contact)

    monkeypatch.setattr("regulars.channels.commerce.shopify.export_head.build_buyer", fails)
    poison = ORDER_ROW | {"Name": "#2", "Id": "2", "Email": "poison@example.com"}
    rows = (ORDER_ROW, poison, SECOND_ROW | {"Name": "#2"}, ORDER_ROW | {"Name": "#3", "Id": "3"})
    report = import_file("o.csv", *rows, account=SHOP)
    assert [line["line"] for line in report["refusals"]] == [3, 4]
    assert (report["reasons"], report["orders"]) == ({"untranslatable": 2}, 2)
    assert not is_failed_import(report)


def test_import_again_knows_persons_by_whom_they_are(
    import_file: ImportFile, tables: StackTables
) -> None:
    other = MAILCHIMP_MEMBER | {"Email Address": "anna@example.com", "EUID": ""}
    rows = (MAILCHIMP_MEMBER, other, other | {"Email Address": "ANNA@example.com "})
    first, again = (import_file("subscribed_1.csv", *rows) for _ in range(2))
    assert (first["imported"], first["people"]) == (3, 2)
    assert (again["imported"], again["known"]) == (0, 3)
    assert len(tables.list_events()) == 2


def test_order_of_nobody_is_imported(import_file: ImportFile, tables: StackTables) -> None:
    nobody = ORDER_ROW | {"Email": "", "Phone": "", "Billing Name": "Zebedee"}
    assert import_file("orders.csv", nobody, account=SHOP)["orders"] == 1
    assert (tables.list_events()[0].subjects, tables.list_contacts()) == ((), [])


@pytest.mark.parametrize("step", [1, -1])
def test_contact_data_of_a_file_is_that_of_its_newest_order(
    import_file: ImportFile, tables: StackTables, step: int
) -> None:
    rows = [
        ORDER_ROW
        | {"Name": f"#{day}", "Id": f"55{day}", "Created at": f"2026-09-0{day} 08:00:00 +0000"}
        for day in (1, 2, 3)
    ]
    names = ("Zebedee", "Florence", "Zebedee")
    named = [row | {"Billing Name": name} for row, name in zip(rows, names, strict=True)]
    import_file("orders.csv", *named[::step], account=SHOP)
    assert [contact["name"] for contact in tables.list_contacts()] == ["Zebedee"]


def test_order_stays_whole_when_the_file_is_parted(
    import_file: ImportFile, tables: StackTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.ingestion.imports.partitions.PART_BYTES", 300)
    names = [f"#{number}" for number in range(12)]
    heads = [ORDER_ROW | {"Name": name, "Id": f"55{name[1:]}"} for name in names]
    rows = (*heads, *(SECOND_ROW | {"Name": name} for name in names))
    report = import_file("o.csv", *rows, account=SHOP)
    assert (report["rows"], report["orders"]) == (24, 12)
    assert [len(event.items) for event in tables.list_events()] == [2] * 12


@pytest.mark.parametrize(
    ("sources", "given", "key"),
    [
        ([], None, "stripe/main"),
        ([("eu", {})], None, "stripe/eu"),
        ([("eu", {"account": "acct_1"})], None, "stripe/acct_1"),
        ([("eu", {}), ("us", {})], "us", "stripe/us"),
        ([("eu", {"account": "acct_1"})], "eu", "stripe/acct_1"),
        ([("eu", {"account": "acct_1"})], "acct_1", "stripe/acct_1"),
    ],
)
def test_orders_have_the_account_of_the_connected_source(
    import_file: ImportFile,
    tables: StackTables,
    sources: list[tuple[str, dict[str, Any]]],
    given: str | None,
    key: str,
) -> None:
    for name, config in sources:
        Sources("test-control", tables.aws.dynamodb).save_source(
            Source(channel="stripe", source=name, config=config)
        )
    import_file("payments.csv", STRIPE_PAYMENT, account=given)
    assert [event.order.key for event in tables.list_events() if event.order] == [f"{key}/pi_1"]


def test_orders_that_a_shop_reports_are_not_imported_a_second_time(
    aws: MotoStack, import_file: ImportFile, tables: StackTables
) -> None:
    Sources("test-control", aws.dynamodb).save_source(
        Source(channel="stripe", source="eu", config={"orders": "elsewhere"})
    )
    report = import_file("payments.csv", STRIPE_PAYMENT)
    assert (report["imported"], report["orders"], report["money"]) == (1, 0, {})
    assert "Payment Succeeded" in [event.type for event in tables.list_events()]


def test_file_of_which_every_line_was_refused_is_a_failure(import_file: ImportFile) -> None:
    report = import_file("payments.csv", STRIPE_PAYMENT | {"Amount": "free"})
    assert (report["status"], report["reasons"]) == ("done", {"invalid_amount": 1})
    assert is_failed_import(report)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("zebedee@example.com.csv", "import/upload"),
        ("+31612345678.csv", "import/upload"),
        ("payments.csv", "import/payments.csv"),
    ],
)
def test_name_of_a_file_that_is_personal_is_not_kept(
    import_file: ImportFile, tables: StackTables, name: str, source: str
) -> None:
    import_file(name, STRIPE_PAYMENT)
    assert {event.source for event in tables.list_events()} == {source}


def test_import_that_the_function_gave_up_is_not_waited_for(aws: MotoStack) -> None:
    sqs = boto3.client("sqs", region_name=REGION)
    queue = sqs.create_queue(QueueName="import_history")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="of another day")
    deployment = build_deployment(queues={"import_history": queue})
    stores = ImportStores.from_deployment(deployment, aws.s3)

    def give_up(_seconds: float) -> None:
        sqs.send_message(QueueUrl=queue, MessageBody="{}")

    with pytest.raises(ImportAbandonedError):
        await_report(stores, "imports/a.csv", Polling(sleep=give_up))
