"""`regulars people`: identifiers are shown in clear where they are known, and every shown name is accepted."""

from datetime import UTC, datetime

import pytest

from regulars.domain.identifiers import Identifier, subject_key
from regulars.identity.decisions import build_decision_event
from regulars.store.contacts import Contacts
from regulars.store.proposals import Proposal, Proposals
from tests.cli.conftest import CommandLine
from tests.support.aws import PEPPER, MotoStack
from tests.support.contacts import build_contact_statement
from tests.support.served_shop import (
    ANN_PROFILE,
    ANN_SUBJECT,
    BEN_PROFILE,
    BEN_SUBJECT,
    LATER_ANN_SUBJECT,
    LATER_TIME,
    build_event,
    fill_tables,
    fold_events,
)

ANN_EMAIL, BEN_PHONE = "ann@example.com", "+4915112345678"
BEN_PHONE_SUBJECT = subject_key(Identifier("phone", BEN_PHONE), PEPPER)
SHOWN_NAMES = (ANN_EMAIL, ANN_SUBJECT, LATER_ANN_SUBJECT, ANN_PROFILE)


@pytest.fixture
def shop(aws: MotoStack) -> MotoStack:
    """Ann with an address and a user id, and Ben with a user id and a phone number."""
    fill_tables(aws)
    fold_events(
        aws,
        build_event("4", "Page Viewed", LATER_TIME, BEN_SUBJECT, BEN_PHONE_SUBJECT, trust="server"),
    )
    statement = build_contact_statement(BEN_SUBJECT, {"phone": BEN_PHONE}, LATER_TIME)
    Contacts("test-contacts", aws.dynamodb).store_statements([statement])
    return aws


@pytest.mark.parametrize("action", ["show", "find"])
def test_person_is_shown_with_identifiers_in_clear(
    shop: MotoStack, cli: CommandLine, action: str
) -> None:
    words = [line.split() for line in cli.output("people", action, ANN_EMAIL).splitlines()]
    assert ["email", ANN_EMAIL, ANN_SUBJECT, "2026-01-02", "browser"] in words
    assert ["user", "id", "(not", "stored)", LATER_ANN_SUBJECT, "2026-01-03", "browser"] in words


@pytest.mark.parametrize("name", [*SHOWN_NAMES, " Ann@Example.com "])
def test_every_shown_name_finds_the_person(shop: MotoStack, cli: CommandLine, name: str) -> None:
    assert cli.result("people", "find", name)["id"] == ANN_PROFILE


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("noreply@example.com", "nobody reads mail at such an address"),
        ("+4900000000", "no numbering plan assigns this number"),
        ("undefined", "programs send such a value when they have no id"),
    ],
)
@pytest.mark.parametrize(
    "words",
    [
        *(("people", "find"), ("people", "merge", ANN_EMAIL), ("people", "split", ANN_EMAIL)),
        *(("privacy", "export"), ("privacy", "erase")),
    ],
)
def test_worthless_identifier_is_explained(
    shop: MotoStack, cli: CommandLine, words: tuple[str, ...], name: str, reason: str
) -> None:
    errors = cli.errors(*words, name, code=1)
    assert f"{name} identifies nobody" in errors or f"No person has the id {name}" in errors
    assert reason in errors


@pytest.mark.parametrize("name", ["Ann@Example.com", ANN_SUBJECT])
def test_split_previews_in_clear_whom_it_makes(
    shop: MotoStack, cli: CommandLine, name: str
) -> None:
    text = cli.output("people", "split", ANN_PROFILE, name)
    assert text.count(ANN_EMAIL) == 2  # as it is, and as it will be
    view = cli.result("people", "split", ANN_PROFILE, name)
    assert [one["value"] for one in view["left"]] == [ANN_EMAIL]
    assert len(view["after"]) == 2


@pytest.mark.parametrize("ann", SHOWN_NAMES)
@pytest.mark.parametrize("action", ["merge", "accept", "refuse"])
def test_two_people_are_named_by_any_shown_name(
    shop: MotoStack, cli: CommandLine, action: str, ann: str
) -> None:
    text = cli.output("people", action, ann, "+49 151 12345678", "--reason", "same house")
    if action == "refuse":
        assert "Nobody changes now" in text
    else:
        assert (text.count(ANN_EMAIL), text.count(BEN_PHONE)) == (2, 2)


def test_decisions_are_shown_in_clear_and_undone_by_their_id(
    shop: MotoStack, cli: CommandLine
) -> None:
    joined = build_decision_event(
        "join", [ANN_SUBJECT], [BEN_SUBJECT, BEN_PHONE_SUBJECT], datetime.now(UTC)
    )
    fold_events(shop, joined)
    text = cli.output("people", "show", ANN_EMAIL)
    assert f"{joined.id}  join    {ANN_EMAIL} and {BEN_PHONE} (+1)" in text
    assert BEN_PHONE in cli.output("people", "undo", joined.id).split("Then:")[1]


def test_proposals_are_shown_in_clear_with_commands_that_work(
    shop: MotoStack, cli: CommandLine
) -> None:
    proposal = Proposal(
        left=ANN_SUBJECT,
        right=BEN_SUBJECT,
        probability=0.93,
        evidence=("same last name",),
        proposed_at=LATER_TIME,
    )
    Proposals("test-control", shop.dynamodb).write_proposals([proposal])
    text = cli.output("people", "proposals")
    assert f"phone    {BEN_PHONE}" in text
    command = next(line for line in text.splitlines() if " accept " in line)
    assert command.split()[2:] == ["accept", ANN_EMAIL, BEN_SUBJECT, "--yes"]
    view = cli.result(*command.split()[1:-1])
    assert {person["id"] for person in view["before"]} == {ANN_PROFILE, BEN_PROFILE}


def test_person_is_shown_with_whom_it_may_be_in_clear(shop: MotoStack, cli: CommandLine) -> None:
    """A statement names both, and a person has one user id."""
    both = (BEN_PHONE_SUBJECT, LATER_ANN_SUBJECT)
    fold_events(shop, build_event("5", "Page Viewed", LATER_TIME, *both, trust="server"))
    text = cli.output("people", "show", ANN_EMAIL)
    assert f"May be the same as {BEN_PHONE} ({BEN_PROFILE})" in text
    assert f"regulars people refuse {LATER_ANN_SUBJECT} {BEN_PHONE} --yes" in text
