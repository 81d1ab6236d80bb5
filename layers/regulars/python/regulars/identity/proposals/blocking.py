"""Choose which pairs of records are compared at all: those that share a key that few records have."""

from collections.abc import Mapping

import duckdb
import pyarrow as pa

# A key of more records than this is a placeholder, a large mail provider or a common name: it says nothing.
MAX_BLOCK_RECORDS = 50
COMPONENT_COLUMN = "component"
_YEAR, _MONTH_AND_DAY = "left(birth_date, 4)", "substr(birth_date, 6)"
_NAMES = "least(given_name, family_name) || ' ' || greatest(given_name, family_name)"
# Two records with the same key are compared; a key with a missing part is missing.
BLOCKING_KEYS = {
    "key_birth_date": "birth_date",
    "key_birth_month": "left(birth_date, 7)",
    "key_birth_day": f"{_YEAR} || right(birth_date, 2)",
    "key_birthday": _MONTH_AND_DAY,
    "key_email": "email",
    "key_local": "email_local",
    "key_local_start": "left(email_local, 5)",
    "key_domain": "email_domain",
    "key_phone": "right(phone, 9)",
    "key_phone_start": "left(phone, -2)",
    "key_given": "given_name",
    "key_family": "family_name",
    "key_name": _NAMES,
    "key_initials": "least(left(given_name, 3), left(family_name, 3))"
    " || greatest(left(given_name, 3), left(family_name, 3))",
    "key_name_year": f"family_name || {_YEAR}",
    "key_given_year": f"given_name || {_YEAR}",
    "key_city_year": f"left(city, 3) || {_YEAR}",
    "key_family_city": "family_name || ' ' || city",
    "key_given_city": "given_name || ' ' || city",
    "key_postcode": "postcode",
    "key_family_postcode": "family_name || ' ' || postcode",
    "key_address": "address || ' ' || coalesce(postcode, city, '')",
}


def add_blocking_keys(connection: duckdb.DuckDBPyConnection, source: str, target: str) -> None:
    """Create the table `target` with the rows of `source` and their keys; keys of too many records are left empty.

    The domain of an e-mail address is left empty with its key.
    """
    keys = ", ".join(f"{expression} AS {key}" for key, expression in BLOCKING_KEYS.items())
    rare = ", ".join(
        f"CASE WHEN count(*) OVER (PARTITION BY {key}) <= {MAX_BLOCK_RECORDS} THEN {key} END AS {key}"
        for key in BLOCKING_KEYS
    )
    connection.execute(
        f"CREATE TABLE {target} AS SELECT * REPLACE ({rare})"  # noqa: S608 (our own names)
        f" FROM (SELECT *, {keys} FROM {source}) ORDER BY id"
    )


def add_components(
    connection: duckdb.DuckDBPyConnection, table: str, components: Mapping[str, str]
) -> None:
    """Add the component of each record to the table; a component of too many records is left empty."""
    columns = {"member": [*components], "name": [*components.values()]}
    types = pa.schema([("member", pa.string()), ("name", pa.string())])
    connection.register("components", pa.table(columns, schema=types))
    connection.execute(f"ALTER TABLE {table} ADD COLUMN {COMPONENT_COLUMN} VARCHAR")
    connection.execute(
        f"UPDATE {table} SET {COMPONENT_COLUMN} = name FROM components WHERE id = member AND name IN"  # noqa: S608
        f" (SELECT name FROM components GROUP BY name HAVING count(*) <= {MAX_BLOCK_RECORDS})"
    )
    connection.unregister("components")
