"""The API: profiles, segments and recommendations, read from what was scored before."""

from typing import Any

from regulars.api.endpoints import Api
from regulars.api.health import Health
from regulars.api.person_lookup import Directory
from regulars.recommendations.surfaces import Recommender
from regulars.settings import ServeProfilesSettings
from regulars.store.api_keys import ApiKeys
from regulars.store.clients import create_fail_fast_dynamodb_client
from regulars.store.parameters import Parameters
from regulars.store.people import People
from regulars.store.products import Products
from regulars.store.published_lists import PublishedLists
from regulars.store.served_profiles import ServedProfiles
from regulars.transport.cold_start import started
from regulars.transport.http import Answer

SETTINGS = ServeProfilesSettings.from_env()
CLIENT = create_fail_fast_dynamodb_client()
PROFILES = ServedProfiles(SETTINGS.profiles_table, CLIENT)
PUBLISHED = PublishedLists(SETTINGS.control_table, CLIENT)
PRODUCTS = Products(SETTINGS.catalog_table, CLIENT)
API = Api(
    ApiKeys(SETTINGS.control_table, CLIENT),
    PROFILES,
    PUBLISHED,
    Recommender(PROFILES, PRODUCTS, PUBLISHED),
    Directory(
        People(SETTINGS.people_table, CLIENT),
        PROFILES,
        Parameters(SETTINGS.parameters_prefix),
        SETTINGS.default_country,
    ),
    Health(
        {
            "profiles": lambda: PROFILES.find_with_scores("probe"),
            "catalog": lambda: PRODUCTS.find_products(["probe"]),
            "published": PUBLISHED.segments,
        }
    ),
)
started()


def handler(event: dict[str, Any], context: Any) -> Answer:
    """Answer one request of the HTTP API."""
    return API.resolve(event)
