"""`regulars import`: files are told for what they are before they start, go to their account, and are reported."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from infra.cli import exports, main
from infra.cli.stack import Stack
from regulars.channels.exports.buyers import build_buyer
from regulars.channels.exports.contract import File
from regulars.channels.payments.stripe import payment_export as stripe_payments
from regulars.settings import ImportHistorySettings
from regulars.store.sources import Source, Sources
from tests.functions.conftest import Kept, OnMoto
from tests.support.aws import REGION, MotoStack
from tests.support.export_files import to_csv
from tests.support.gateway import load_handler
from tests.unit.channels.test_provider_exports import MEMBER, PAYMENT
from tests.unit.channels.test_shopify_export import CUSTOMER, HEAD, SECOND, SHOP

type Command = Callable[..., tuple[int, Any]]


class Hours:
    """A Lambda context that has all the time."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 10_000_000


@pytest.fixture
def command(
    aws: MotoStack,
    deployed: OnMoto,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Runs `regulars import` and gives its exit code and facts; the function runs when a file arrives."""
    module = load_handler("import_history", aws.build_settings(ImportHistorySettings), monkeypatch)

    def arrive(_seconds: float) -> None:
        listed = aws.s3.list_objects_v2(Bucket="test-uploads").get("Contents", [])
        keys = {one["Key"] for one in listed}
        for key in keys:
            if key.endswith(".csv") and f"{key}.report.json" not in keys:
                detail = {"bucket": {"name": "test-uploads"}, "object": {"key": key}}
                module.handler({"detail": detail}, Hours())

    monkeypatch.setattr("infra.cli.import_file.time.sleep", arrive)

    def run(*words: object) -> tuple[int, Any]:
        arguments = main.parser().parse_args(["import", *map(str, words), "--json"])
        code = arguments.run(arguments)
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """A file with these rows."""

    def write(name: str, *rows: dict[str, str]) -> Path:
        path = tmp_path / name
        path.write_text(to_csv(rows))
        return path

    return write


def test_files_of_several_formats_are_imported_at_once(
    command: Command, file: Callable[..., Path], kept: Kept
) -> None:
    orders, customers = file("orders.csv", HEAD, SECOND), file("customers.csv", CUSTOMER)
    code, reports = command(orders, customers, "--account", SHOP)
    assert code == 0
    assert [report["format"] for report in reports] == ["Shopify orders", "Shopify customers"]
    assert (reports[0]["orders"], reports[0]["people"], reports[0]["money"]) == (
        1,
        1,
        {"EUR": "30.00"},
    )
    assert (reports[0]["first"], reports[0]["rows"]) == ("2026-11-01T08:59:00.000Z", 2)
    assert "ebedee" not in kept.ledger_text()
    assert kept.contacts()[0]["email"] == "zebedee@example.com"


def test_fault_of_ours_in_an_export_sets_its_order_aside_and_goes_on(
    command: Command, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(file: File, **contact: str) -> Any:
        return 1 // (contact["email"] != "poison@example.com") and build_buyer(file, **contact)

    monkeypatch.setattr("regulars.channels.commerce.shopify.order_export.build_buyer", fails)
    poison = HEAD | {"Name": "#2", "Id": "2", "Email": "poison@example.com"}
    orders = file("o.csv", HEAD, poison, SECOND | {"Name": "#2"}, HEAD | {"Name": "#3", "Id": "3"})
    code, report = command(orders, "--account", SHOP)
    assert [line["line"] for line in report["refusals"]] == [3, 4]
    assert (code, report["reasons"], report["orders"]) == (0, {"untranslatable": 2}, 2)


def test_import_again_knows_persons_by_whom_they_are(
    command: Command, file: Callable[..., Path], kept: Kept
) -> None:
    other = MEMBER | {"Email Address": "anna@example.com", "EUID": ""}
    path = file("subscribed_1.csv", MEMBER, other, other | {"Email Address": "ANNA@example.com "})
    first, again = command(path)[1], command(path)[1]
    assert (first["imported"], first["people"]) == (3, 2)
    assert (again["imported"], again["known"]) == (0, 3)
    assert len(kept.events()) == 2


def test_order_of_nobody_is_imported(
    command: Command, file: Callable[..., Path], kept: Kept
) -> None:
    nobody = HEAD | {"Email": "", "Phone": "", "Billing Name": "Zebedee"}
    assert command(file("orders.csv", nobody), "--account", SHOP)[1]["orders"] == 1
    assert (kept.events()[0].subjects, kept.contacts()) == ((), [])


@pytest.mark.parametrize("step", [1, -1])
def test_contact_data_of_a_file_is_that_of_its_newest_order(
    command: Command, file: Callable[..., Path], kept: Kept, step: int
) -> None:
    rows = [
        HEAD | {"Name": f"#{day}", "Id": f"55{day}", "Created at": f"2026-09-0{day} 08:00:00 +0000"}
        for day in (1, 2, 3)
    ]
    names = ("Zebedee", "Florence", "Zebedee")
    named = [row | {"Billing Name": name} for row, name in zip(rows, names, strict=True)]
    command(file("orders.csv", *named[::step]), "--account", SHOP)
    assert [contact["name"] for contact in kept.contacts()] == ["Zebedee"]


def test_order_stays_whole_when_the_file_is_parted(
    command: Command, file: Callable[..., Path], kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.ingestion.imports.partitions.PART_BYTES", 300)
    names = [f"#{number}" for number in range(12)]
    heads = [HEAD | {"Name": name, "Id": f"55{name[1:]}"} for name in names]
    report = command(
        file("o.csv", *heads, *(SECOND | {"Name": name} for name in names)), "--account", SHOP
    )
    assert (report[1]["rows"], report[1]["orders"]) == (24, 12)
    assert [len(event.items) for event in kept.events()] == [2] * 12


@pytest.mark.parametrize(
    ("sources", "given", "key"),
    [
        ([], [], "stripe/main"),
        ([("eu", {})], [], "stripe/eu"),
        ([("eu", {"account": "acct_1"})], [], "stripe/acct_1"),
        ([("eu", {}), ("us", {})], ["--account", "us"], "stripe/us"),
        ([("eu", {"account": "acct_1"})], ["--account", "eu"], "stripe/acct_1"),
        ([("eu", {"account": "acct_1"})], ["--account", "acct_1"], "stripe/acct_1"),
    ],
)
def test_account_is_that_of_the_connected_source(
    command: Command,
    file: Callable[..., Path],
    kept: Kept,
    sources: list[tuple[str, dict[str, Any]]],
    given: list[str],
    key: str,
) -> None:
    for name, config in sources:
        Sources("test-control", kept.aws.dynamodb).save_source(
            Source(channel="stripe", source=name, config=config)
        )
    assert command(file("payments.csv", PAYMENT), *given)[0] == 0
    assert [event.order.key for event in kept.events() if event.order] == [f"{key}/pi_1"]


@pytest.mark.parametrize(
    ("row", "sources", "said"),
    [
        (HEAD, [], "--account my-shop.myshopify.com"),
        (PAYMENT, ["eu", "us"], "eu, us"),
    ],
)
def test_account_that_cannot_be_told_is_asked_for(
    aws: MotoStack,
    command: Command,
    file: Callable[..., Path],
    row: dict[str, str],
    sources: list[str],
    said: str,
) -> None:
    for name in sources:
        Sources("test-control", aws.dynamodb).save_source(Source(channel="stripe", source=name))
    code, report = command(file("export.csv", row))
    assert (code, report["status"]) == (1, "failed")
    assert said in report["message"]


def test_owner_at_the_keyboard_is_asked_for_the_shop(
    command: Command, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda: "my-shop")
    _, report = command(file("orders.csv", HEAD))
    assert report["account"] == "my-shop.myshopify.com"


@pytest.mark.parametrize(
    ("given", "account"),
    [
        ("my-shop", "my-shop.myshopify.com"),
        ("https://My-Shop.myshopify.com/", "my-shop.myshopify.com"),
    ],
)
def test_shop_is_named_as_its_webhooks_name_it(
    command: Command, file: Callable[..., Path], given: str, account: str
) -> None:
    _, report = command(file("orders.csv", HEAD), "--account", given)
    assert report["account"] == account


def test_orders_that_a_shop_tells_are_not_imported_a_second_time(
    aws: MotoStack, command: Command, file: Callable[..., Path], kept: Kept
) -> None:
    Sources("test-control", aws.dynamodb).save_source(
        Source(channel="stripe", source="eu", config={"orders": "elsewhere"})
    )
    _, report = command(file("payments.csv", PAYMENT))
    assert (report["imported"], report["orders"], report["money"]) == (1, 0, {})
    assert "Payment Succeeded" in [event.type for event in kept.events()]


def test_shop_can_be_named_by_its_source(
    aws: MotoStack, command: Command, file: Callable[..., Path]
) -> None:
    Sources("test-control", aws.dynamodb).save_source(
        Source(channel="shopify", source="eu", config={"shop": SHOP})
    )
    _, report = command(file("orders.csv", HEAD), "--account", "eu")
    assert report["account"] == SHOP


def test_shop_that_its_source_does_not_say_is_asked_for(
    aws: MotoStack, command: Command, file: Callable[..., Path]
) -> None:
    Sources("test-control", aws.dynamodb).save_source(Source(channel="shopify", source="eu"))
    code, report = command(file("orders.csv", HEAD), "--account", "eu")
    assert code == 1
    assert "regulars connect shopify --name eu --set shop=" in report["message"]


@pytest.mark.parametrize(("given", "warned"), [("acct_2", True), ("acct_1", False), ("eu", False)])
def test_account_that_is_not_the_connected_one_is_warned_of(
    deployed: OnMoto, capsys: pytest.CaptureFixture[str], given: str, warned: bool
) -> None:
    Sources("test-control", deployed.aws.dynamodb).save_source(
        Source(channel="stripe", source="eu", config={"account": "acct_1"})
    )
    exports.account_of(cast("Stack", deployed), stripe_payments.EXPORT_FORMAT, given)
    assert ("would count twice" in capsys.readouterr().err) == warned


def test_file_that_fails_does_not_keep_the_others_out(
    command: Command, file: Callable[..., Path], tmp_path: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    code, reports = command(empty, tmp_path / "none.csv", file("payments.csv", PAYMENT))
    assert code == 1
    assert [report["status"] for report in reports] == ["failed", "failed", "done"]


def test_file_of_which_every_line_was_refused_is_a_failure(
    command: Command, file: Callable[..., Path]
) -> None:
    code, report = command(file("payments.csv", PAYMENT | {"Amount": "free"}))
    assert (code, report["status"], report["reasons"]) == (1, "done", {"invalid_amount": 1})


def test_import_that_the_function_gave_up_is_not_waited_for(
    deployed: OnMoto,
    command: Command,
    file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sqs = boto3.client("sqs", region_name=REGION)
    queue = sqs.create_queue(QueueName="import_history")["QueueUrl"]
    deployed.queues["import_history"] = queue
    sqs.send_message(QueueUrl=queue, MessageBody="of another day")
    given_up = functools.partial(sqs.send_message, QueueUrl=queue, MessageBody="{}")
    monkeypatch.setattr("infra.cli.import_file.time.sleep", lambda _seconds: given_up())
    code, report = command(file("payments.csv", PAYMENT))
    assert (code, report["status"]) == (1, "failed")
    assert "regulars dead-letters redrive --function import_history" in report["message"]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("zebedee@example.com.csv", "import/upload"),
        ("+31612345678.csv", "import/upload"),
        ("payments.csv", "import/payments.csv"),
    ],
)
def test_name_of_a_file_that_is_personal_is_not_kept(
    command: Command, file: Callable[..., Path], kept: Kept, name: str, source: str
) -> None:
    command(file(name, PAYMENT))
    assert {event.source for event in kept.events()} == {source}


def test_file_is_told_before_it_starts(file: Callable[..., Path]) -> None:
    export = exports.export_at(file("payments.csv", PAYMENT, PAYMENT))
    said = "payments.csv: Stripe payments, account main, about 2 rows, separated by commas, UTF-8"
    assert export.told("main") == said
    assert export.key("main") == "imports/stripe/main/payments.csv"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_are_counted_however_lines_end(tmp_path: Path, end: str) -> None:
    path = tmp_path / "contacts.csv"
    path.write_bytes(f"Email{end}a@example.com{end}b@example.com".encode())
    assert exports.export_at(path).rows == 2


@pytest.mark.parametrize("encoding", ["UTF-8", "Windows-1252"])
def test_encoding_is_measured_over_the_whole_file(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(
        "Email,Name\n" + "a@example.com,x\n" * 80_000 + "b@example.com,é", encoding=encoding
    )
    export = exports.export_at(path)
    assert (export.encoding, export.rows) == (encoding, 80_001)
