"""Find and show people, and decide who they are: merge, split, undo, accept or refuse a proposal."""

import argparse
from datetime import UTC, datetime
from typing import Any

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.steps import POLLING
from infra.cli.terminal import print_message, print_result, show_step
from infra.cli.texts.people import describe_decision, describe_person, describe_proposals
from regulars.admin.people import PeopleStores
from regulars.api.people import PeopleDesk
from regulars.profiles.decision_requests import DecisionRequest

PERSON_HELP = (
    "a profile id, an e-mail address, a phone number, a user id, or the id of an identifier"
)
IDENTIFIER_HELP = "an identifier in clear, or its id as `show` lists it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name in ("find", "show"):
        action = actions.add_parser(name, help="show a person, and what decides who it is")
        action.add_argument("person", metavar="PERSON", help=PERSON_HELP)
        options.add_stack(action)
        options.add_json(action)
    proposals = actions.add_parser("proposals", help="list the pairs of people who may be one")
    options.add_stack(proposals)
    options.add_json(proposals)
    merge = actions.add_parser("merge", help="make two people one")
    merge.add_argument("people", nargs=2, metavar="PERSON", help=PERSON_HELP)
    split = actions.add_parser("split", help="make identifiers of a person another person")
    split.add_argument("person", metavar="PERSON", help=PERSON_HELP)
    split.add_argument("identifiers", nargs="+", metavar="IDENTIFIER", help=IDENTIFIER_HELP)
    undo = actions.add_parser("undo", help="take a decision back")
    undo.add_argument("decision", metavar="DECISION", help="its id, as `show` lists it")
    for name, purpose in {
        "accept": "say that the two people of a proposal are one",
        "refuse": "say that the two people of a proposal are not one, for good",
    }.items():
        answer = actions.add_parser(name, help=purpose)
        answer.add_argument("people", nargs=2, metavar="PERSON", help=PERSON_HELP)
    for action in (merge, split, undo, actions.choices["accept"], actions.choices["refuse"]):
        action.add_argument("--reason", default="", help="why, for the history")
        action.add_argument("--yes", action="store_true", help="do it; else only show the changes")
        options.add_stack(action)
        options.add_json(action)


def run(arguments: argparse.Namespace) -> int:
    """Do one action and print its result."""
    stores = PeopleStores.from_deployment(select_stack(arguments).deployment)
    desk = PeopleDesk(
        directory=stores.directory,
        decisions=stores.decisions,
        contacts=stores.contacts,
        proposals=stores.proposals,
    )
    now = datetime.now(UTC)
    if arguments.action == "proposals":
        found = desk.list_proposals()
        print_result(found, describe_proposals(found), as_json=arguments.json)
        return 0
    if arguments.action in {"find", "show"}:
        person = stores.find_person(arguments.person)
        view = desk.show_person(person.profile_id, now)
        print_result(view, describe_person(view), as_json=arguments.json)
        return 0
    view = desk.decide(_build_request(arguments, stores), now)
    if view["applied"]:
        _await_effect(stores, view)
    print_result(view, describe_decision(view), as_json=arguments.json)
    return 0


def _build_request(arguments: argparse.Namespace, stores: PeopleStores) -> DecisionRequest:
    names: dict[str, Any] = {}
    match arguments.action:
        case "merge":
            names["people"] = tuple(
                stores.find_person(name).profile_id for name in arguments.people
            )
        case "split":
            person = stores.find_person(arguments.person)
            names["people"] = (person.profile_id,)
            names["identifiers"] = tuple(
                stores.find_subject(name, person) for name in arguments.identifiers
            )
        case "undo":
            names["decision"] = arguments.decision
        case _:
            names["identifiers"] = tuple(
                stores.find_person(name).subjects[0] for name in arguments.people
            )
    return DecisionRequest(
        action=arguments.action, reason=arguments.reason, apply=arguments.yes, **names
    )


def _await_effect(stores: PeopleStores, view: dict[str, Any]) -> None:
    with show_step("Recording the decision"):
        has_effect = stores.await_decision(view["decision"], view["left"][0]["subject"], POLLING)
    if not has_effect:
        print_message("It is recorded, and takes effect when the stream has carried it.")
