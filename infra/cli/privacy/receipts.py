"""List the receipts of erasures, and check their signatures."""

import argparse
from typing import Any

import msgspec

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.terminal import print_result
from regulars.admin.privacy import PrivacyOffice
from regulars.domain.texts import format_count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --stack and --json."""
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print all receipts; return 1 when one is not as it was signed."""
    office = PrivacyOffice.from_deployment(select_stack(arguments).deployment)
    receipts = list(office.eraser.stores.receipts.list_receipts())
    result: Any = [
        msgspec.to_builtins(receipt) | {"is_valid": is_valid} for receipt, is_valid in receipts
    ]
    lines = [
        f"{receipt.erased_at}  {receipt.id}  {format_count(receipt.identifiers, 'identifier')}"
        + ("" if is_valid else "  NOT AS SIGNED")
        for receipt, is_valid in receipts
    ]
    print_result(result, lines or ["Nobody was erased yet."], as_json=arguments.json)
    return 0 if all(is_valid for _, is_valid in receipts) else 1
