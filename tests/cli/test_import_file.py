"""`regulars import`: several files, the question whose a file is, warnings, and the exit code."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.cli.commands import import_file as command
from infra.cli.steps import UploadStep
from infra.cli.texts.import_report import describe_export
from regulars.admin.errors import ImportAbandonedError
from regulars.admin.export_files import recognize_export
from regulars.store.sources import Source, Sources
from tests.cli.conftest import CommandLine
from tests.support.aws import MotoStack
from tests.support.export_files import to_csv
from tests.unit.channels.test_provider_exports import STRIPE_PAYMENT
from tests.unit.channels.test_shopify_export import ORDER_ROW

DONE_REPORT = {"status": "done", "rows": 1, "refused": 0}

type WriteFile = Callable[..., Path]


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> list[UploadStep]:
    """The uploads of the command; each is reported as done."""
    uploads: list[UploadStep] = []

    def record(_deployment: object, upload: UploadStep) -> dict[str, Any]:
        uploads.append(upload)
        return {"file": upload.key.rpartition("/")[2], **DONE_REPORT}

    monkeypatch.setattr(command, "import_upload", record)
    return uploads


@pytest.fixture
def file(tmp_path: Path) -> WriteFile:
    """Writes rows to a file."""

    def write(name: str, *rows: dict[str, str]) -> Path:
        path = tmp_path / name
        path.write_text(to_csv(rows))
        return path

    return write


def connect(aws: MotoStack, channel: str, *names: str, **config: Any) -> None:
    """Store sources with the same config."""
    for name in names:
        Sources("test-control", aws.dynamodb).save_source(
            Source(channel=channel, source=name, config=config)
        )


def test_file_is_uploaded_to_its_account(
    cli: CommandLine, uploads: list[UploadStep], file: WriteFile
) -> None:
    report = cli.result("import", file("payments.csv", STRIPE_PAYMENT))
    place = "s3://test-uploads/imports/stripe/main/payments.csv.report.json"
    assert report == {"file": "payments.csv", "report": place, **DONE_REPORT}
    assert (uploads[0].key, uploads[0].rows) == ("imports/stripe/main/payments.csv", 1)


def test_several_files_have_a_report_each(
    cli: CommandLine, uploads: list[UploadStep], file: WriteFile
) -> None:
    files = file("orders.csv", ORDER_ROW), file("payments.csv", STRIPE_PAYMENT)
    reports = cli.result("import", *files, "--account", "my-shop")
    assert [report["file"] for report in reports] == ["orders.csv", "payments.csv"]


def test_refused_rows_have_an_exit_code_and_a_next_step(
    cli: CommandLine, file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [{"line": 3, "code": "future_date", "reason": "The date is in the future."}]
    report = {
        **DONE_REPORT,
        "rows": 2,
        "refused": 1,
        "refusals": refusals,
        "reasons": {"future_date": 1},
    }
    monkeypatch.setattr(command, "import_upload", lambda *_: {"file": "payments.csv", **report})
    output = cli.output("import", file("payments.csv", STRIPE_PAYMENT), code=6)
    assert "s3://test-uploads/imports/stripe/main/payments.csv.report.json" in output
    assert "correct these lines and import the file again" in output


def test_file_that_fails_does_not_keep_the_others_out(
    cli: CommandLine, uploads: list[UploadStep], file: WriteFile, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    files = empty, tmp_path / "none.csv", file("payments.csv", STRIPE_PAYMENT)
    reports = cli.result("import", *files, code=1)
    assert [report["status"] for report in reports] == ["failed", "failed", "done"]


def test_import_that_was_given_up_says_how_to_resume_it(
    cli: CommandLine, file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*_: object) -> None:
        raise ImportAbandonedError

    monkeypatch.setattr(command, "import_upload", give_up)
    report = cli.result("import", file("payments.csv", STRIPE_PAYMENT), code=1)
    assert report["status"] == "failed"
    assert "regulars dead-letters redrive --function import_history" in report["message"]


@pytest.mark.parametrize(
    ("row", "sources", "message"),
    [(ORDER_ROW, [], "--account my-shop.myshopify.com"), (STRIPE_PAYMENT, ["eu", "us"], "eu, us")],
)
def test_account_that_is_not_decided_has_to_be_given(
    aws: MotoStack,
    cli: CommandLine,
    file: WriteFile,
    row: dict[str, str],
    sources: list[str],
    message: str,
) -> None:
    connect(aws, "stripe", *sources)
    assert message in cli.result("import", file("export.csv", row), code=1)["message"]


def test_source_that_does_not_name_its_shop_says_how_to_name_it(
    aws: MotoStack, cli: CommandLine, file: WriteFile
) -> None:
    connect(aws, "shopify", "eu")
    report = cli.result("import", file("orders.csv", ORDER_ROW), "--account", "eu", code=1)
    assert "regulars connect shopify --name eu --set shop=" in report["message"]


def test_owner_at_a_terminal_is_prompted_for_the_shop(
    cli: CommandLine,
    uploads: list[UploadStep],
    file: WriteFile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda: "my-shop")
    cli.result("import", file("orders.csv", ORDER_ROW))
    assert uploads[0].key == "imports/shopify/my-shop.myshopify.com/orders.csv"


def test_prompt_without_an_answer_fails(
    cli: CommandLine, file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda: " ")
    report = cli.result("import", file("orders.csv", ORDER_ROW), code=1)
    assert "does not name its account" in report["message"]


@pytest.mark.parametrize(
    ("given", "is_warned"), [("acct_2", True), ("acct_1", False), ("eu", False)]
)
def test_account_that_is_not_connected_is_warned_of(
    aws: MotoStack,
    cli: CommandLine,
    uploads: list[UploadStep],
    file: WriteFile,
    given: str,
    is_warned: bool,
) -> None:
    connect(aws, "stripe", "eu", account="acct_1")
    errors = cli.errors("import", file("payments.csv", STRIPE_PAYMENT), "--account", given)
    assert ("would count twice" in errors) == is_warned


def test_assumed_account_is_named(
    cli: CommandLine, uploads: list[UploadStep], file: WriteFile
) -> None:
    errors = cli.errors("import", file("payments.csv", STRIPE_PAYMENT))
    assert "No stripe source is connected yet" in errors


def test_file_is_described_before_it_is_imported(file: WriteFile) -> None:
    with file("payments.csv", STRIPE_PAYMENT, STRIPE_PAYMENT).open("rb") as stream:
        export = recognize_export(stream, "payments.csv")
    assert describe_export(export, "main") == (
        "payments.csv: Stripe payments, account main, about 2 rows, separated by commas, UTF-8"
    )
