"""Test that an identifier is the same however it was written, and that a value without an owner identifies nobody."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.domain.identifiers import NAMESPACES, list_identifiers, normalize_identifier

ADDRESS = "uma@copy.example"
LONG_TEXTS = [
    text * (1_000_000 // len(text))
    for text in ("%40", "@", "a@", "<", "[[", "{{", '"', "\u200b", "mailto:", "%", "object ", "<%")
]
PIECES = st.sampled_from(
    [
        *("uma", "@", "copy.example", "mailto:", "<", ">", '"', "'", " ", "%40", "?", ".", ";"),
        *("\u200b", "\uff20", "\ufeff", "{{", "}}", "undefined", "%2540", "0", "-", "(", "\xdf"),
        *("\u0130", "]"),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=30)


def read_value(namespace: str, value: object) -> str:
    identifier = normalize_identifier(namespace, value)
    return identifier.value if identifier else ""


@pytest.mark.parametrize("namespace", ["user_id", "anonymous_id", "customer"])
@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "\u200b", "\ufeff\u2060", "{}", "[]", '""', "''", "-", "0", "-1", "0.0", 0),
        *("undefined", '"undefined"', "'null'", "`null`", "NULL", "None", "NaN", "nil", "<nil>"),
        *("(not set)", "not_authenticated", "Not Authenticated", "n/a", "N.A.", "#N/A", "(none)"),
        *("[object Object]", "[object Undefined]", "object Object", "function () { return id }"),
        *("unknown", "Anonymous", "guest", "visitor", "default", "true", "FALSE", False, "test"),
        *("distinct_id", "user_id", "userId", "User-ID", "id", "email", "user", "your_id"),
        *("00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"),
        *("0" * 32, "{11111111-1111-1111-1111-111111111111}"),
        *("{{user_id}}", "{{ user.id }}", "${userId}", "#{id}", "%USER_ID%", "%%id%%", "<%= id %>"),
        *("[[id]]", "{user.id}", "*|UNIQID|*", "[USER_ID]", "<user_id>", "u-{{id}}"),
        *("%7B%7Buser_id%7D%7D", "%22undefined%22", "\uff55ndefined", "test@test.com"),
    ],
)
def test_id_that_is_none_identifies_nobody(namespace: str, value: object) -> None:
    assert normalize_identifier(namespace, value) is None


@pytest.mark.parametrize(
    "value",
    [
        *(
            "test-user-17",
            "guest_8842",
            "id_5",
            "user1",
            "customer-17",
            "12345",
            "7",
            "-1001234567",
        ),
        *("6f1c0e9a-0000-4000-8000-000000000000", "{6F1C0E9A-0000-4000-8000-00000000000A}"),
        *("0a", "100", "nullable", "trueman", "unknown-7", "object_5", "functional", "@uma", "50%"),
        *("acct:uma@localhost", "cus_NffrFeUfNV2Hib", "\u738b\u5c0f\u660e", "a|b", "email|5f7c"),
    ],
)
def test_real_id_stays_as_it_is(value: str) -> None:
    assert read_value("user_id", value) == value


@pytest.mark.parametrize("value", ['"u1"', "'u1'", " u1\u200b", '"\\"u1\\""'.replace("\\", "")])
def test_id_loses_the_quotes_around_it(value: str) -> None:
    assert read_value("user_id", value) == "u1"


@pytest.mark.parametrize(
    "text",
    [
        *(
            ADDRESS,
            " UMA@copy.example ",
            f"{ADDRESS}.",
            f"{ADDRESS};",
            f"{ADDRESS},",
            f"<{ADDRESS}>",
        ),
        *("uma\u200b@copy.example", f"\ufeff{ADDRESS}", "u\xadma@copy.example", f"\u202a{ADDRESS}"),
        *(f"mailto:{ADDRESS}", f"MAILTO:{ADDRESS}?subject=Hi", "mailto:uma%40copy.example"),
        *("uma%40copy.example", f"Uma Made <{ADDRESS}>", f'"Made, Uma" <mailto:{ADDRESS}>;'),
        *(f"{ADDRESS} <{ADDRESS}>", f"{ADDRESS}<mailto:{ADDRESS}>", f"'{ADDRESS}'", f"({ADDRESS})"),
        *("uma\uff20copy.example", "uma@copy\uff0eexample", f"\u201c{ADDRESS}\u201d"),
    ],
)
def test_email_address_is_the_same_with_debris_around_it(text: str) -> None:
    assert read_value("email", text) == ADDRESS


@pytest.mark.parametrize(
    "text",
    [
        *("uma", "uma@copy", "uma@copy..example", "uma@.example", "uma@copy.e", "uma@copy.1234"),
        *("a@copy.example; b@copy.example", "a@copy.example,b@copy.example", "u@copy@x.example"),
        *(
            "<a@copy.example> <b@copy.example>",
            "a@copy.example <b@copy.example>",
            "u ma@copy.example",
        ),
        *("u\x00ma@copy.example", "uma@copy.exa\tmple", "uma@co_py!.example", "@copy.example"),
        *("u" * 65 + "@copy.example", "uma@" + "copy." * 60 + "example", "uma@-copy.example"),
        *("uma@" + "c" * 64 + ".example", "uma@192.168.0.1", "\ud83d@copy.example", "u" * 2000),
    ],
)
def test_text_without_one_address_is_no_email_address(text: str) -> None:
    assert normalize_identifier("email", text) is None


@pytest.mark.parametrize(
    "address",
    [
        *("test@test.com", "test@example.com", "noreply@shop.example", "no-reply@shop.example"),
        *("do_not.reply@shop.example", "mailer-daemon@shop.example", "postmaster@shop.example"),
        *("none@copy.example", "na@na.na", "a@a.aa", "x@x.x", "7@noemail.com", "u@shop.invalid"),
    ],
)
def test_placeholder_address_identifies_nobody(address: str) -> None:
    assert normalize_identifier("email", address) is None
    assert list_identifiers("user_id", address) == ()


@pytest.mark.parametrize(
    "address",
    [
        *("nan@copy.example", "na@copy.example", "tester@test.com", "hello@hello.com", "me@me.com"),
        *("uma+tag@copy.example", "u.m.a@copy.example", "o'neil@copy.example", "50%@copy.example"),
        *("7+uma@users.noreply.example", "uma..made@copy.example", "user@example.com"),
    ],
)
def test_unusual_address_of_a_person_stays(address: str) -> None:
    assert read_value("email", address) == address


def test_user_id_that_is_an_address_is_that_address_too() -> None:
    identifiers = list_identifiers("user_id", " Uma@Copy.example")
    assert [(each.namespace, each.value) for each in identifiers] == [
        ("user_id", ADDRESS),
        ("email", ADDRESS),
    ]


@pytest.mark.parametrize("namespace", ["anonymous_id", "customer"])
def test_other_id_that_is_an_address_is_only_an_id(namespace: str) -> None:
    assert [each.namespace for each in list_identifiers(namespace, ADDRESS)] == [namespace]


@given(namespace=st.sampled_from([*NAMESPACES]), text=TEXTS)
def test_normalizing_again_changes_nothing(namespace: str, text: str) -> None:
    value = read_value(namespace, text)
    assert not value or read_value(namespace, value) == value


@given(text=TEXTS)
def test_address_has_one_at_sign_and_only_visible_characters(text: str) -> None:
    value = read_value("email", text)
    assert value.count("@") == bool(value)
    assert value.isprintable()
    assert " " not in value


def test_long_hostile_text_is_refused_without_a_search() -> None:
    for namespace, text in product(NAMESPACES, LONG_TEXTS):
        assert normalize_identifier(namespace, text) is None
