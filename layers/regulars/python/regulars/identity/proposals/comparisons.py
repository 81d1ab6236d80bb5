"""Define how each field of two records is compared: levels of agreement, strongest first, each with its words."""

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Level(NamedTuple):
    """A level of agreement: an SQL condition on the columns `…_l` and `…_r`, and what the owner reads.

    `random_share` is the share of the pairs of two different people that agree like this, in a table of nobody in particular.
    Agreement on a rare value of `rare_in`, the column that the condition compares, counts for more than on a common one.
    """

    condition: str
    words: str
    random_share: float
    rare_in: str = ""


class FieldComparison(NamedTuple):
    """The comparison of one field; where `missing` holds it says nothing, and where no level holds `difference`."""

    field: str
    columns: tuple[str, ...]
    missing: str
    levels: tuple[Level, ...]
    difference: str


def list_comparisons(columns: frozenset[str]) -> list[FieldComparison]:
    """Return the comparisons for which a table has the columns that differ between records."""
    return [comparison for comparison in COMPARISONS if columns.intersection(comparison.columns)]


def _match_names(condition: Callable[[str, str], str], *, crossed: bool) -> str:
    others = ("family_name", "given_name") if crossed else ("given_name", "family_name")
    pairs = zip(("given_name", "family_name"), others, strict=True)
    return " AND ".join(condition(f"{name}_l", f"{other}_r") for name, other in pairs)


def _match_one_name(condition: Callable[[str, str], str]) -> str:
    names = ("given_name", "family_name")
    return " OR ".join(condition(f"{name}_l", f"{other}_r") for name in names for other in names)


def _is_equal(left: str, right: str) -> str:
    return f"{left} = {right}"


def _is_similar(left: str, right: str) -> str:
    return f"jaro_winkler_similarity({left}, {right}) >= 0.8"


def _is_very_similar(left: str, right: str) -> str:
    return f"jaro_winkler_similarity({left}, {right}) >= 0.85"


def _differs_at_most(column: str, characters: int) -> str:
    return f"damerau_levenshtein({column}_l, {column}_r) <= {characters}"


def _is_missing(columns: Iterable[str]) -> str:
    """Return the condition that one of the records has no value in any of these columns."""
    sides = (" AND ".join(f"{column}_{side} IS NULL" for column in columns) for side in "lr")
    return " OR ".join(f"({side})" for side in sides)


NAME_COLUMNS = ("given_name", "family_name", "full_name")
EMAIL_COLUMNS = ("email", "email_local", "email_domain")
COMPARISONS = (
    FieldComparison(
        field="name",
        columns=NAME_COLUMNS,
        missing=_is_missing(NAME_COLUMNS[:2]),
        levels=(
            Level(_is_equal("full_name_l", "full_name_r"), "same name", 0.001),
            Level(
                _match_names(_is_equal, crossed=True),
                "same name, given and family name swapped",
                0.0001,
            ),
            Level(_match_names(_is_similar, crossed=False), "similar name", 0.002),
            Level(
                _match_names(_is_similar, crossed=True),
                "similar name, given and family name swapped",
                0.0001,
            ),
            Level(_match_one_name(_is_equal), "one of the names is the same", 0.01),
            Level(_match_one_name(_is_very_similar), "one of the names is similar", 0.01),
        ),
        difference="different names",
    ),
    FieldComparison(
        field="birth date",
        columns=("birth_date",),
        missing=_is_missing(("birth_date",)),
        levels=(
            Level(_is_equal("birth_date_l", "birth_date_r"), "same birth date", 0.0001),
            Level(_differs_at_most("birth_date", 1), "birth date differs by one digit", 0.001),
            Level(_differs_at_most("birth_date", 2), "birth date differs by two digits", 0.01),
            Level("left(birth_date_l, 4) = left(birth_date_r, 4)", "same year of birth", 0.02),
        ),
        difference="different birth dates",
    ),
    FieldComparison(
        field="e-mail address",
        columns=EMAIL_COLUMNS,
        missing=_is_missing(EMAIL_COLUMNS[:1]),
        levels=(
            Level(_is_equal("email_l", "email_r"), "same e-mail address", 0.0001),
            Level(_differs_at_most("email", 1), "e-mail address differs by one letter", 0.0001),
            Level(_differs_at_most("email", 2), "e-mail address differs by two letters", 0.0001),
            Level(
                _is_equal("email_local_l", "email_local_r"),
                "same e-mail address before the @",
                0.001,
            ),
            Level(_differs_at_most("email", 5), "similar e-mail address", 0.001),
        ),
        difference="different e-mail addresses",
    ),
    FieldComparison(
        field="phone number",
        columns=("phone",),
        missing=_is_missing(("phone",)),
        levels=(
            Level("right(phone_l, 9) = right(phone_r, 9)", "same phone number", 0.0001),
            Level(_differs_at_most("phone", 1), "phone number differs by one digit", 0.0001),
        ),
        difference="different phone numbers",
    ),
    FieldComparison(
        field="address",
        columns=("address",),
        missing=_is_missing(("address",)),
        levels=(
            Level(_is_equal("address_l", "address_r"), "same address", 0.001, rare_in="address"),
            Level("jaro_winkler_similarity(address_l, address_r) >= 0.9", "similar address", 0.001),
        ),
        difference="different addresses",
    ),
    FieldComparison(
        field="postcode",
        columns=("postcode",),
        missing=_is_missing(("postcode",)),
        levels=(
            Level(_is_equal("postcode_l", "postcode_r"), "same postcode", 0.01, rare_in="postcode"),
            Level(_differs_at_most("postcode", 1), "postcode differs by one character", 0.01),
        ),
        difference="different postcodes",
    ),
    FieldComparison(
        field="city",
        columns=("city",),
        missing=_is_missing(("city",)),
        levels=(
            Level(_is_equal("city_l", "city_r"), "same city", 0.1, rare_in="city"),
            Level(_is_similar("city_l", "city_r"), "similar city", 0.05),
        ),
        difference="different cities",
    ),
)
