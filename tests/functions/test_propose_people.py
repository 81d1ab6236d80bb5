"""The proposals that two people are one: through the function, and what the owner's decisions change."""

from collections.abc import Callable
from typing import Any

import pytest

from regulars.domain.times import from_text
from regulars.domain.trust import Trust
from regulars.identity.decisions import build_decision_event
from regulars.settings import ProposePeopleSettings
from regulars.store.contacts import Contacts
from regulars.store.proposals import Proposals
from tests.support.aws import MotoStack
from tests.support.contacts import build_contact_statement
from tests.support.gateway import load_handler
from tests.support.served_shop import LATER_TIME, SHOP_TIME, build_event, fold_events

type ProposeFunction = Callable[[], dict[str, Any]]

ANN_CONTACT = {"first_name": "Ann", "last_name": "Lindberg", "phone": "+4915512345678"}
BO_CONTACT = {
    "first_name": "Bo",
    "last_name": "Roth",
    "phone": "+33155501234",
    "email": "bo@example.net",
}
SECRETS = ("Lindberg", "15512345678", "example.net", "ann.l")


@pytest.fixture
def propose(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> ProposeFunction:
    """Return a function that invokes the handler."""
    settings = aws.build_settings(ProposePeopleSettings)
    module = load_handler("propose_people", settings, monkeypatch)
    return lambda: module.handler({}, None)


@pytest.fixture
def proposals(aws: MotoStack) -> Proposals:
    return Proposals("test-control", aws.dynamodb)


def store_person(aws: MotoStack, *subjects: str, **contact: str) -> None:
    """Store a person, and the contact data of its first subject."""
    name = "login of " + " ".join(subjects)
    fold_events(aws, build_event(name, "Identified", SHOP_TIME, *subjects, trust="verified"))
    statement = build_contact_statement(
        subject=subjects[0], values=contact, at=SHOP_TIME, trust=Trust.VERIFIED
    )
    Contacts("test-contacts", aws.dynamodb).store_statements([statement])


@pytest.fixture
def anns_with_one_name(aws: MotoStack) -> None:
    """Two people who share name and phone number, and a third person."""
    store_person(aws, "u:ann", "e:ann", **ANN_CONTACT, email="ann.l@example.net")
    store_person(aws, "e:anna", **ANN_CONTACT, email="annl@example.net")
    store_person(aws, "e:bo", **BO_CONTACT)


@pytest.mark.usefixtures("anns_with_one_name")
def test_function_stores_a_pair_with_its_evidence(
    propose: ProposeFunction, proposals: Proposals
) -> None:
    assert propose() == {"people": 3, "linked": 0, "pairs": 1, "separated": 0, "open": 1, "new": 1}
    (proposal,) = proposals.read_proposals()
    assert {proposal.left, proposal.right} == {"u:ann", "e:anna"}
    assert proposal.evidence[0] == "same name"


@pytest.mark.usefixtures("anns_with_one_name")
def test_stored_proposal_holds_no_contact_data(aws: MotoStack, propose: ProposeFunction) -> None:
    propose()
    text = str(aws.dynamodb.scan(TableName="test-control")["Items"])
    assert "same phone number" in text
    assert not [secret for secret in SECRETS if secret.lower() in text.lower()]


def test_nobody_is_proposed_in_an_empty_shop(propose: ProposeFunction) -> None:
    assert propose() == {"people": 0, "linked": 0, "pairs": 0, "separated": 0, "open": 0, "new": 0}


@pytest.mark.usefixtures("anns_with_one_name")
def test_second_run_knows_the_pair(propose: ProposeFunction) -> None:
    propose()
    assert propose() == {"people": 3, "linked": 0, "pairs": 1, "separated": 0, "open": 1, "new": 0}


@pytest.mark.usefixtures("anns_with_one_name")
def test_people_who_became_one_are_not_proposed(
    aws: MotoStack, propose: ProposeFunction, proposals: Proposals
) -> None:
    event = build_event("link", "Identified", LATER_TIME, "e:ann", "e:anna", trust="verified")
    fold_events(aws, event)
    assert propose() == {"people": 2, "linked": 0, "pairs": 0, "separated": 0, "open": 0, "new": 0}
    assert proposals.read_proposals() == []


@pytest.mark.usefixtures("anns_with_one_name")
def test_separated_people_are_never_proposed_again(
    aws: MotoStack, propose: ProposeFunction
) -> None:
    propose()
    now = from_text(LATER_TIME)
    fold_events(aws, build_decision_event("separate", ["u:ann"], ["e:anna"], now))
    assert propose() == {"people": 3, "linked": 0, "pairs": 1, "separated": 1, "open": 0, "new": 0}


def test_people_whom_a_rule_keeps_apart_are_proposed(
    aws: MotoStack, propose: ProposeFunction, proposals: Proposals
) -> None:
    store_person(aws, "u:shop", "e:ann", email="ann.l@example.net")
    fold_events(
        aws, build_event("till", "Identified", LATER_TIME, "u:till", "e:ann", trust="verified")
    )
    assert propose()["linked"] == 1
    (proposal,) = proposals.read_proposals()
    assert {proposal.left, proposal.right} == {"u:shop", "u:till"}
    assert (proposal.probability, proposal.evidence) == (None, ("each has a user id of its own",))
