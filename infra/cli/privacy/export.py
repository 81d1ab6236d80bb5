"""Write everything that is held about a person to two files: a JSON document, and a page to read."""

import argparse
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.cli import options
from infra.cli.commands.people import PERSON_HELP
from infra.cli.stack import select_stack
from infra.cli.terminal import print_result, show_step
from regulars.admin.deployment import Deployment
from regulars.admin.people import PeopleStores
from regulars.admin.privacy_requests import PrivacyRequests
from regulars.admin.rejects import find_mentions, find_rejects, open_rejects
from regulars.api.disclosure.desk import DisclosureDesk
from regulars.api.disclosure.disclosure import Disclosure, encode_document
from regulars.api.disclosure.page import render_page
from regulars.profiles.person_history import HistoryReader
from regulars.store.ledger import Ledger
from regulars.store.orders import Orders
from regulars.store.person_items import PersonItemReader
from regulars.store.products import Products

DOCUMENT_NAME, PAGE_NAME = "person.json", "person.html"
REJECT_FIELDS = ("reject_id", "received_at", "source", "code", "reason")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the person and the folder."""
    parser.add_argument("person", metavar="PERSON", help=PERSON_HELP)
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="where to write (default: the profile id)"
    )
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write both files and print their names."""
    deployment = select_stack(arguments).deployment
    stores = PeopleStores.from_deployment(deployment)
    person = stores.find_person(arguments.person)
    now = datetime.now(UTC)
    with show_step("Collecting the data"):
        disclosure = _open_desk(deployment, stores).disclose_person(person.profile_id, now)
        disclosure.parts["rejects"] = _list_mentions(deployment, disclosure, now)
        folder = arguments.output or Path(person.profile_id)
        files = _write_files(disclosure, folder)
    answered = PrivacyRequests.from_deployment(deployment).mark_answered(person.subjects, now)
    result = {"files": list(map(str, files)), "requests_answered": answered}
    lines = [*map(str, files), "They hold personal data: delete them when they were handed over."]
    print_result(result, lines, as_json=arguments.json)
    return 0


def _open_desk(deployment: Deployment, stores: PeopleStores) -> DisclosureDesk:
    return DisclosureDesk(
        directory=stores.directory,
        contacts=stores.contacts,
        history=HistoryReader(
            ledger=Ledger(deployment.events_table),
            orders=Orders(deployment.profiles_table),
            profiles=stores.profiles,
        ),
        person_items=PersonItemReader(deployment.profiles_table),
        products=Products(deployment.catalog_table),
        parameters=stores.parameters,
    )


def _list_mentions(
    deployment: Deployment, disclosure: Disclosure, now: datetime
) -> list[dict[str, Any]]:
    """Return the rejects that contain the person's addresses; what else they contain may be about other people."""
    values = {
        fact["value"]
        for fact in disclosure.parts["contact_facts"]
        if fact["field"] in {"email", "phone"}
    }
    rejects = find_rejects(open_rejects(deployment), now.date())
    return [
        {name: getattr(reject, name) for name in REJECT_FIELDS}
        for reject in find_mentions(rejects, values)
    ]


def _write_files(disclosure: Disclosure, folder: Path) -> list[Path]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    document, page = folder / DOCUMENT_NAME, folder / PAGE_NAME
    _write_private(document, encode_document(disclosure))
    _write_private(page, render_page(disclosure))
    return [document, page]


def _write_private(path: Path, parts: Iterable[str]) -> None:
    """Write a file that only its owner can read."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(parts)
