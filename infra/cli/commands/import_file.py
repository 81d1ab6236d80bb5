"""Import CSV files of history: recognize each, upload it, wait, and print its report; or continue imports that stopped."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from infra.cli import options
from infra.cli.advice import find_advice
from infra.cli.stack import select_stack
from infra.cli.steps import UploadStep, import_upload, resume_unfinished
from infra.cli.terminal import print_message, print_result
from infra.cli.texts.import_report import describe_export, describe_report, describe_unfinished
from infra.local.errors import CommandError
from regulars.admin.deployment import Deployment
from regulars.admin.errors import AccountRequiredError
from regulars.admin.export_files import ExportFile, recognize_export
from regulars.admin.import_accounts import (
    DEFAULT_ACCOUNT,
    ImportAccount,
    find_account,
    has_orders_elsewhere,
    parse_account,
)
from regulars.admin.imports import ImportReport, is_failed_import
from regulars.admin.unfinished_imports import UploadStores, list_unfinished_imports
from regulars.channels.exports.contract import ExportFormat
from regulars.domain.errors import RegularsError
from regulars.store import schema
from regulars.store.sources import Sources

REFUSED_ROWS_CODE = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add FILE…, --resume, --account, --stack and --json."""
    files = parser.add_mutually_exclusive_group(required=True)
    files.add_argument(
        "files",
        metavar="FILE",
        type=Path,
        nargs="*",
        default=[],
        help="exports, recognized by their headings",
    )
    files.add_argument(
        "--resume", action="store_true", help="continue the imports that stopped before their end"
    )
    parser.add_argument(
        "--account",
        help="the account of the files: the domain of a Shopify shop, the name of a connected source "
        "(default: the connected one), or a name of your choice for a till or another system that numbers its "
        "customers and orders by itself",
    )
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Import the files and print the reports.

    Return 1 when a whole file was refused, REFUSED_ROWS_CODE when some rows were.
    """
    deployment = select_stack(arguments).deployment
    if arguments.resume:
        reports = _resume_imports(deployment)
    else:
        reports = [_import_file(deployment, path, arguments.account) for path in arguments.files]
    lines = [line for report in reports for line in describe_report(report)]
    result = reports[0] if len(reports) == 1 else reports
    print_result(result, lines, as_json=arguments.json)
    if any(map(is_failed_import, reports)):
        return 1
    return REFUSED_ROWS_CODE if any(report["refused"] for report in reports) else 0


def _resume_imports(deployment: Deployment) -> list[ImportReport]:
    """Return the reports of the imports that stopped; one that still runs is only named."""
    now = datetime.now(UTC)
    unfinished = list_unfinished_imports(UploadStores.from_deployment(deployment))
    if not unfinished:
        print_message("Every import is finished.")
    for running in (found for found in unfinished if not found.is_stopped(now)):
        print_message(f"{running.file} is {describe_unfinished(running, now)}")
    return [resume_unfinished(deployment, found) for found in unfinished if found.is_stopped(now)]


def _import_file(deployment: Deployment, path: Path, account: str | None) -> ImportReport:
    """Return the report of one file; one that fails does not keep the others from being imported."""
    try:
        return _follow_import(deployment, path, account)
    except (CommandError, RegularsError) as error:
        advice = error.advice if isinstance(error, CommandError) else find_advice(error)
        message = f"{error} {advice}" if advice else str(error)
        return {"file": path.name, "status": "failed", "message": message}


def _follow_import(deployment: Deployment, path: Path, requested: str | None) -> ImportReport:
    export = _recognize_file(path)
    sources = Sources(deployment.control_table)
    account = _choose_account(sources, export.format, requested)
    without_orders = has_orders_elsewhere(sources, export.format.channel, account)
    print_message(describe_export(export, account, without_orders=without_orders))
    with path.open("rb") as content:
        upload = UploadStep(
            title=f"Importing {path.name}",
            key=export.upload_key(account),
            content=content,
            rows=export.rows,
            without_orders=without_orders,
        )
        place = f"s3://{deployment.uploads_bucket}/{schema.report_key(upload.key)}"
        return import_upload(deployment, upload) | {"report": place}


def _recognize_file(path: Path) -> ExportFile:
    try:
        with path.open("rb") as stream:
            return recognize_export(stream, path.name)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _choose_account(sources: Sources, format_: ExportFormat, requested: str | None) -> str:
    """Return the account of a file; prompt at a terminal when the sources do not decide it."""
    try:
        account = find_account(sources, format_, requested)
    except AccountRequiredError as error:
        if not sys.stdin.isatty():
            raise
        return _prompt_for_account(error)
    _warn_of_account(format_.channel, account)
    return account.account


def _prompt_for_account(error: AccountRequiredError) -> str:
    accounts = ", ".join(error.accounts)
    shop_question = "The shop's own domain, such as my-shop.myshopify.com"
    print_message(f"Which of {accounts}?" if accounts else f"{shop_question}?")
    answer = input().strip()
    if not answer:
        raise error
    return parse_account(error.channel, answer)


def _warn_of_account(channel: str, account: ImportAccount) -> None:
    if account.is_assumed:
        print_message(
            f"No {channel} source is connected yet: the file is imported as account {DEFAULT_ACCOUNT}, the name that "
            f"`regulars connect {channel}` gives; --account names another."
        )
    if account.other_accounts:
        others = ", ".join(account.other_accounts)
        print_message(
            f"{account.account} is no account of a connected {channel} source ({others}): "
            "an order of both would count twice."
        )
