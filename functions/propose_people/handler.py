"""Propose to the owner which people may be one, weekly or on demand."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from regulars.domain.times import to_text
from regulars.identity.proposals.person_records import load_people_table
from regulars.identity.proposals.run import propose_people
from regulars.settings import ProposePeopleSettings
from regulars.store.contacts import Contacts
from regulars.store.profiles import Profiles
from regulars.store.proposals import Proposals

SETTINGS = ProposePeopleSettings.from_env()
PROFILES = Profiles(SETTINGS.profiles_table)
CONTACTS = Contacts(SETTINGS.contacts_table)
PROPOSALS = Proposals(SETTINGS.control_table)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Compare all people and replace the open proposals; return the counts."""
    people = load_people_table(PROFILES, CONTACTS)
    report = propose_people(people, PROPOSALS, to_text(datetime.now(UTC)))
    response: dict[str, Any] = msgspec.to_builtins(report)
    return response
