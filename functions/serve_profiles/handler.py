"""Serve the HTTP API: profiles, segments and recommendations, read from the results of the last scoring."""

from typing import Any

from regulars.api.disclosure.desk import DisclosureDesk
from regulars.api.endpoints import ApiEndpoints
from regulars.api.health import HealthProbes
from regulars.api.people import PeopleDesk
from regulars.api.person_lookup import PersonDirectory
from regulars.api.privacy import PrivacyDesk
from regulars.profiles.decisions import PeopleDecisions
from regulars.profiles.people import PeopleDirectory
from regulars.profiles.person_history import HistoryReader
from regulars.profiles.served_profiles import ServedProfiles
from regulars.recommendations.surfaces import RecommendationSurfaces
from regulars.settings import ServeProfilesSettings
from regulars.store.api_keys import ApiKeys
from regulars.store.clients import create_fail_fast_dynamodb_client
from regulars.store.contacts import Contacts
from regulars.store.erasure_queue import ErasureQueue
from regulars.store.ledger import Ledger
from regulars.store.orders import Orders
from regulars.store.parameters import Parameters
from regulars.store.person_items import PersonItemReader
from regulars.store.products import Products
from regulars.store.profiles import Profiles
from regulars.store.proposals import Proposals
from regulars.store.published_lists import PublishedLists
from regulars.transport.cold_start import freeze_startup_objects
from regulars.transport.responses import HttpResponse

SETTINGS = ServeProfilesSettings.from_env()
CLIENT = create_fail_fast_dynamodb_client()
PROFILES = ServedProfiles(SETTINGS.profiles_table, CLIENT)
SUBJECTS = Profiles(SETTINGS.profiles_table, CLIENT)
CONTACTS = Contacts(SETTINGS.contacts_table, CLIENT)
PUBLISHED_LISTS = PublishedLists(SETTINGS.control_table, CLIENT)
PRODUCTS = Products(SETTINGS.catalog_table, CLIENT)
LEDGER = Ledger(SETTINGS.events_table, CLIENT)
PARAMETERS = Parameters(SETTINGS.parameters_prefix)
PEOPLE = PeopleDirectory(served=PROFILES, profiles=SUBJECTS)
DIRECTORY = PersonDirectory(
    contacts=CONTACTS,
    profiles=PROFILES,
    parameters=PARAMETERS,
    country=SETTINGS.default_country,
)
API = ApiEndpoints(
    keys=ApiKeys(SETTINGS.control_table, CLIENT),
    profiles=PROFILES,
    published_lists=PUBLISHED_LISTS,
    recommender=RecommendationSurfaces(PROFILES, PRODUCTS, PUBLISHED_LISTS),
    people=PeopleDesk(
        directory=PEOPLE,
        decisions=PeopleDecisions(profiles=SUBJECTS, ledger=LEDGER),
        contacts=CONTACTS,
        proposals=Proposals(SETTINGS.control_table, CLIENT),
    ),
    disclosures=DisclosureDesk(
        directory=PEOPLE,
        contacts=CONTACTS,
        history=HistoryReader(
            ledger=LEDGER, orders=Orders(SETTINGS.profiles_table, CLIENT), profiles=SUBJECTS
        ),
        person_items=PersonItemReader(SETTINGS.profiles_table, CLIENT),
        products=PRODUCTS,
        parameters=PARAMETERS,
    ),
    directory=DIRECTORY,
    privacy=PrivacyDesk(
        people=PEOPLE, directory=DIRECTORY, queue=ErasureQueue(SETTINGS.erase_function)
    ),
    health=HealthProbes(
        {
            "profiles": lambda: PROFILES.find_with_scores("probe"),
            "catalog": lambda: PRODUCTS.find_products(["probe"]),
            "published": PUBLISHED_LISTS.read_segments,
        }
    ),
)
freeze_startup_objects()


def handler(event: dict[str, Any], context: Any) -> HttpResponse:
    """Return the response to one request of the HTTP API."""
    return API.handle_request(event)
