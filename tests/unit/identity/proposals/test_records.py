"""Person tables are read by the names of their columns, and values are written in one form."""

import pytest

from regulars.domain.errors import UnusableTableError
from regulars.identity.proposals.records import list_varying_columns, read_columns

NO_ID = "Every row needs an id of its own."


def read_one(**fields: object) -> dict[str, str | None]:
    """Return the values of a table of one row."""
    return {name: value for name, (value,) in read_columns([{"id": "1"} | fields]).items()}


def test_columns_are_found_under_other_names_in_any_case() -> None:
    row = read_one(**{"First Name": "Ann", "SURNAME": "Lee", "dob": "1990-01-02", "Zip-Code": "A1"})
    columns = ("given_name", "family_name", "full_name", "birth_date", "postcode")
    assert [row[name] for name in columns] == ["ann", "lee", "ann lee", "1990-01-02", "a1"]


def test_full_name_is_split_at_its_last_space() -> None:
    row = read_one(name="Ana María López")
    assert (row["given_name"], row["family_name"]) == ("ana maria", "lopez")


def test_given_and_family_name_win_over_the_full_name() -> None:
    row = read_one(name="A. B.", first_name="Ann", last_name="")
    assert (row["given_name"], row["family_name"]) == ("ann", None)


def test_email_is_split_and_loses_its_tag() -> None:
    row = read_one(email="Ann.Lee+news@Example.com")
    assert (row["email_local"], row["email_domain"]) == ("ann.lee", "example.com")


@pytest.mark.parametrize("value", [None, "", "  ", float("nan")])
def test_missing_value_is_none(value: object) -> None:
    assert read_one(city=value)["city"] is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Żółć Łukasz", ("zołc", "łukasz")),
        ("王 小明", ("王", "小明")),
        ("Мария Ёлкина", ("мария", "елкина")),
    ],
)
def test_non_ascii_name_keeps_its_letters(name: str, expected: tuple[str, str]) -> None:
    row = read_one(name=name)
    assert (row["given_name"], row["family_name"]) == expected


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"name": "Ann"}], NO_ID),
        ([{"id": "", "name": "Ann"}], NO_ID),
        ([{"id": 1, "name": "Ann"}, {"id": 1, "name": "Bo"}], NO_ID),
        ([{"id": 1, "shoe_size": "38"}], "No column of the table can be compared."),
    ],
)
def test_unusable_table_is_refused(rows: list[dict[str, object]], message: str) -> None:
    with pytest.raises(UnusableTableError, match=message):
        read_columns(rows)


def test_constant_and_empty_columns_do_not_vary() -> None:
    rows = [{"id": n, "name": name, "city": "Lyon"} for n, name in enumerate(["Ann Lee", "Bo Lee"])]
    assert list_varying_columns(read_columns(rows)) == {"id", "given_name", "full_name"}
