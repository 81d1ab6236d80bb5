"""Read a table of person records: map its columns by name, and write each value in one form."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from regulars.domain.errors import UnusableTableError

# The columns that are compared, and what tables call them.
COLUMN_NAMES = {
    "id": ("id", "unique_id", "record_id", "rec_id", "person_id", "profile_id"),
    "given_name": ("given_name", "first_name", "firstname", "forename"),
    "family_name": ("family_name", "surname", "last_name", "lastname"),
    "name": ("name", "full_name"),
    "birth_date": ("birth_date", "date_of_birth", "birthdate", "dob"),
    "email": ("email", "email_address", "e_mail"),
    "phone": ("phone", "phone_number", "telephone", "mobile"),
    "address": ("address", "address_1", "street", "street_address", "address1"),
    "city": ("city", "town", "suburb"),
    "postcode": ("postcode", "zip", "zip_code", "postal_code"),
}
VALUE_COLUMNS = (
    *("given_name", "family_name", "full_name", "birth_date"),
    *("email", "email_local", "email_domain", "phone", "address", "city", "postcode"),
)
MAX_VALUE_CHARACTERS = 200  # of a longer value only the beginning is compared
MIN_PHONE_DIGITS = 6

type Columns = dict[str, list[str | None]]


def read_columns(rows: Iterable[Mapping[str, object]]) -> Columns:
    """Return the columns `id` and VALUE_COLUMNS, in the order of the ids; None where a value is missing.

    Columns are found by COLUMN_NAMES, in any case and with spaces or hyphens for underscores; others are ignored. Raise
    UnusableTableError when a row has no id or two rows have the same, or when no column can be compared.
    """
    records: dict[str, dict[str, str]] = {}
    names: set[str] = set()
    for row in rows:
        fields = _map_fields(row)
        names |= fields.keys()
        id_ = fields.pop("id", "")
        if not id_ or id_ in records:
            raise UnusableTableError("Every row needs an id of its own.")
        records[id_] = _complete_fields(fields)
    if records and names == {"id"}:
        raise UnusableTableError("No column of the table can be compared.")
    columns: Columns = {"id": [*sorted(records)]}
    for name in VALUE_COLUMNS:
        columns[name] = [records[id_].get(name) or None for id_ in sorted(records)]
    return columns


def list_varying_columns(columns: Columns) -> frozenset[str]:
    """Return the columns with at least two different values; a constant tells nobody apart."""
    return frozenset(name for name, values in columns.items() if len({*values} - {None}) > 1)


def _map_fields(row: Mapping[str, object]) -> dict[str, str]:
    values = {re.sub(r"[\s-]+", "_", name.strip().lower()): value for name, value in row.items()}
    fields: dict[str, str] = {}
    for column, names in COLUMN_NAMES.items():
        texts = [_to_text(values[name]) for name in names if name in values]
        if texts:
            fields[column] = next(filter(None, texts), "")
    return fields


def _to_text(value: object) -> str:
    # NaN, the missing value of pandas, is the only value that differs from itself.
    return "" if value is None or value != value else str(value).strip()  # noqa: PLR0124


def _complete_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the cleaned values of the columns that have one, and the values that follow from them."""
    cleaned = {name: _clean_text(value) for name, value in fields.items()}
    given, _, family = cleaned.pop("name", "").rpartition(" ")
    if not (cleaned.get("given_name") or cleaned.get("family_name")):
        cleaned |= {"given_name": given, "family_name": family}
    names = (cleaned.get("given_name"), cleaned.get("family_name"))
    if all(names):
        cleaned["full_name"] = " ".join(filter(None, names))
    local, _, domain = cleaned.get("email", "").rpartition("@")
    if local:
        cleaned |= {"email_local": local.partition("+")[0], "email_domain": domain}
    digits = re.sub(r"\D", "", cleaned.get("phone", ""))
    cleaned["phone"] = digits if len(digits) >= MIN_PHONE_DIGITS else ""
    return {name: value for name, value in cleaned.items() if value}


def _clean_text(value: str) -> str:
    """Return the text in lower case, without accents and repeated spaces."""
    decomposed = unicodedata.normalize("NFKD", value[:MAX_VALUE_CHARACTERS].casefold())
    base = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(unicodedata.normalize("NFC", base).split())
