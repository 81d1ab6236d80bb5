"""The API: profiles, segments and recommendations, read from what was scored before."""

from typing import Any

from regulars.api.endpoints import Api
from regulars.api.health import Health
from regulars.api.person_lookup import Directory
from regulars.recommendations.surfaces import Recommender
from regulars.settings import ServeProfilesSettings
from regulars.store.api_keys import Keys
from regulars.store.clients import dynamodb_for_doors
from regulars.store.parameters import Parameters
from regulars.store.people import People
from regulars.store.products import Products
from regulars.store.published import Published
from regulars.store.served_profiles import ServedProfiles
from regulars.transport.cold_start import freeze_startup_objects
from regulars.transport.responses import HttpResponse

SETTINGS = ServeProfilesSettings.from_env()
CLIENT = dynamodb_for_doors()
PROFILES = ServedProfiles(SETTINGS.profiles_table, CLIENT)
PUBLISHED = Published(SETTINGS.control_table, CLIENT)
PRODUCTS = Products(SETTINGS.catalog_table, CLIENT)
API = Api(
    Keys(SETTINGS.control_table, CLIENT),
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
            "profiles": lambda: PROFILES.scored("probe"),
            "catalog": lambda: PRODUCTS.named(["probe"]),
            "published": PUBLISHED.segments,
        }
    ),
)
freeze_startup_objects()


def handler(event: dict[str, Any], context: Any) -> HttpResponse:
    """Answer one request of the HTTP API."""
    return API.resolve(event)
