"""List the privacy requests that connected systems delivered, and which are still open."""

import argparse
from datetime import UTC, datetime

import msgspec

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.terminal import format_table, print_result
from regulars.admin.privacy_requests import PrivacyRequest, PrivacyRequests

NO_REQUESTS = "No request is open."
SHOP_TEXT = "the whole shop"
HINT = "Answer one: regulars privacy export PERSON. Mark one as answered: regulars privacy requests --answered ID"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which requests to list."""
    parser.add_argument("--all", action="store_true", help="also those that were answered")
    parser.add_argument("--answered", metavar="ID", help="mark a request as answered")
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the requests, the most urgent first."""
    store = PrivacyRequests.from_deployment(select_stack(arguments).deployment)
    if arguments.answered:
        store.mark_request(arguments.answered, datetime.now(UTC))
    requests = [
        request for request in store.list_requests() if arguments.all or not request.answered_at
    ]
    result = [msgspec.structs.asdict(request) for request in requests]
    print_result(result, _format_requests(requests), as_json=arguments.json)
    return 0


def _format_requests(requests: list[PrivacyRequest]) -> list[str]:
    if not requests:
        return [NO_REQUESTS]
    heading = ("id", "kind", "from", "due", "person", "answered")
    rows = [
        (
            request.id,
            request.kind,
            request.source,
            request.due_at[:10],
            request.profile_id or SHOP_TEXT,
            request.answered_at[:10],
        )
        for request in requests
    ]
    return [*format_table([heading, *rows]), HINT]
