"""Fields that the resources of shops and payment providers share."""

from typing import Any

from tests.support.canaries import (
    CITY_NAME,
    EMAIL,
    FIRST_NAME,
    FULL_NAME,
    LAST_NAME,
    LOCAL_PHONE,
    STREET_LINE,
)

NAME_FIELDS = {"first_name": FIRST_NAME, "last_name": LAST_NAME, "name": FULL_NAME}
ADDRESS_FIELDS: dict[str, Any] = {
    **NAME_FIELDS,
    "address1": STREET_LINE,
    "address_1": STREET_LINE,
    "line1": STREET_LINE,
    "city": CITY_NAME,
    "company": FULL_NAME,
    "phone": LOCAL_PHONE,
    "email": EMAIL,
    "country": "GB",
    "country_code": "GB",
}
