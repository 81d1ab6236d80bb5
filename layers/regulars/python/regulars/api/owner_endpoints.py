"""Define the endpoints for the owner's work with people: who they are, what is held about them, and their erasure."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from regulars.api.disclosure.desk import DisclosureDesk
from regulars.api.disclosure.response import build_disclosure_response
from regulars.api.people import PeopleDesk
from regulars.api.person_lookup import PersonDirectory
from regulars.api.privacy import ErasureRequest, PrivacyDesk
from regulars.profiles.decision_requests import DecisionRequest
from regulars.profiles.decisions import PeopleDecisions
from regulars.profiles.people import PeopleDirectory
from regulars.profiles.person_history import HistoryReader
from regulars.store.erasure_queue import ErasureQueue
from regulars.store.ledger import Ledger
from regulars.store.orders import Orders
from regulars.store.person_items import PersonItemReader
from regulars.store.products import Products
from regulars.store.profiles import Profiles
from regulars.store.proposals import Proposals
from regulars.transport.requests import HttpRequest
from regulars.transport.responses import HttpResponse, json_response
from regulars.transport.router import parse_json_body

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ERASURE_BYTES = 4096
MAX_DECISION_BYTES = 65_536


@dataclass(frozen=True, kw_only=True)
class OwnerResources:
    """The physical names of the tables, and of the function that erases."""

    events_table: str
    profiles_table: str
    control_table: str
    erase_function: str


@dataclass(frozen=True, kw_only=True)
class OwnerEndpoints:
    """The endpoints over their use cases; the caller has checked the key."""

    people: PeopleDesk
    privacy: PrivacyDesk
    disclosures: DisclosureDesk

    def list_proposals(self) -> HttpResponse:
        """Return the pairs of people who may be one."""
        return json_response({"proposals": self.people.list_proposals()})

    def show_person(self, profile_id: str, now: datetime) -> HttpResponse:
        """Return a person with contact data, and what decides who it is."""
        return json_response(self.people.show_person(profile_id, now))

    def decide_about_people(self, http_request: HttpRequest, now: datetime) -> HttpResponse:
        """Return what a decision about people changes, and record it when the body says so."""
        request = parse_json_body(http_request, DecisionRequest, MAX_DECISION_BYTES)
        return json_response(self.people.decide(request, now))

    def erase_person(self, http_request: HttpRequest) -> HttpResponse:
        """Return what an erasure removes, and start it when the body says so."""
        request = parse_json_body(http_request, ErasureRequest, MAX_ERASURE_BYTES)
        return json_response(self.privacy.erase_person(request), 202 if request.apply else 200)

    def export_person(
        self, http_request: HttpRequest, profile_id: str, now: datetime
    ) -> HttpResponse:
        """Return everything that is held about a person, as a JSON document or as a page."""
        disclosure = self.disclosures.disclose_person(profile_id, now)
        return build_disclosure_response(disclosure, http_request.query.get("format", "json"))


def open_owner_endpoints(
    resources: OwnerResources,
    directory: PersonDirectory,
    products: Products,
    client: "DynamoDBClient",
) -> OwnerEndpoints:
    """Open the stores that only the owner's endpoints need, beside those of the other endpoints."""
    ledger = Ledger(resources.events_table, client)
    profiles = Profiles(resources.profiles_table, client)
    people = PeopleDirectory(served=directory.profiles, profiles=profiles)
    return OwnerEndpoints(
        people=PeopleDesk(
            directory=people,
            decisions=PeopleDecisions(profiles=profiles, ledger=ledger),
            contacts=directory.contacts,
            proposals=Proposals(resources.control_table, client),
        ),
        privacy=PrivacyDesk(
            people=people, directory=directory, queue=ErasureQueue(resources.erase_function)
        ),
        disclosures=DisclosureDesk(
            directory=people,
            contacts=directory.contacts,
            history=HistoryReader(
                ledger=ledger, orders=Orders(resources.profiles_table, client), profiles=profiles
            ),
            person_items=PersonItemReader(resources.profiles_table, client),
            products=products,
            parameters=directory.parameters,
        ),
    )
