"""Serve the HTTP API: profiles, segments and recommendations, read from the results of the last scoring."""

from typing import TYPE_CHECKING, Any

from regulars.api.endpoints import ApiEndpoints
from regulars.api.health import HealthProbes
from regulars.api.person_lookup import PersonDirectory
from regulars.profiles.person_contacts import PersonContacts
from regulars.profiles.served_profiles import ServedProfiles
from regulars.recommendations.surfaces import RecommendationSurfaces
from regulars.settings import ServeProfilesSettings
from regulars.store.api_keys import ApiKeys
from regulars.store.clients import create_fail_fast_dynamodb_client
from regulars.store.contacts import Contacts
from regulars.store.parameters import Parameters
from regulars.store.products import Products
from regulars.store.profiles import Profiles
from regulars.store.published_lists import PublishedLists
from regulars.transport.cold_start import freeze_startup_objects
from regulars.transport.responses import HttpResponse

if TYPE_CHECKING:
    from regulars.api.owner_endpoints import OwnerEndpoints

SETTINGS = ServeProfilesSettings.from_env()
CLIENT = create_fail_fast_dynamodb_client()
PROFILES = ServedProfiles(SETTINGS.profiles_table, CLIENT)
PUBLISHED_LISTS = PublishedLists(SETTINGS.control_table, CLIENT)
PRODUCTS = Products(SETTINGS.catalog_table, CLIENT)
PARAMETERS = Parameters(SETTINGS.parameters_prefix)
DIRECTORY = PersonDirectory(
    contacts=PersonContacts(
        contacts=Contacts(SETTINGS.contacts_table, CLIENT),
        read_identities=Profiles(SETTINGS.profiles_table, CLIENT).read_facts,
        read_pepper=PARAMETERS.read_pepper,
    ),
    profiles=PROFILES,
    parameters=PARAMETERS,
    country=SETTINGS.default_country,
)


def open_owner() -> "OwnerEndpoints":
    """Open the endpoints about people; their modules are imported at the first request for one of them."""
    from regulars.api.owner_endpoints import OwnerResources, open_owner_endpoints  # noqa: PLC0415

    resources = OwnerResources(
        events_table=SETTINGS.events_table,
        profiles_table=SETTINGS.profiles_table,
        control_table=SETTINGS.control_table,
        erase_function=SETTINGS.erase_function,
    )
    return open_owner_endpoints(resources, DIRECTORY, PRODUCTS, CLIENT)


API = ApiEndpoints(
    keys=ApiKeys(SETTINGS.control_table, CLIENT),
    profiles=PROFILES,
    published_lists=PUBLISHED_LISTS,
    recommender=RecommendationSurfaces(PROFILES, PRODUCTS, PUBLISHED_LISTS),
    directory=DIRECTORY,
    open_owner=open_owner,
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
