"""Consent of addresses: what is kept, what is in force, and what may be sent."""

import random
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.domain.consent import (
    ADDRESS_LETTERS,
    MAX_ADDRESSES,
    NO_CONSENTS,
    Consents,
    choose_address,
    combine_consents,
    list_addresses,
    read_consents,
    split_consents,
)
from regulars.domain.consent_decisions import find_claim, find_consent, may_send
from regulars.domain.events import ConsentChange, Event

NOW = datetime(2026, 11, 20, tzinfo=UTC)
STATUS_WORDS = ("granted", "pending", "denied", "complained")
REFUSALS = ("denied", "complained")


def build_consents(
    status: str = "granted", day: int = 1, address: str = "e:ann", **fields: Any
) -> Consents:
    """Return what one event states; `trust`, `received_at` and `subjects` are fields of the event."""
    event_fields: dict[str, Any] = {
        "type": "Customer Updated",
        "source": "shopify/main",
        "subjects": (address,) if address else ("u:ann",),
        "trust": "verified",
        "received_at": "2026-11-20T00:00:00.000Z",
    }
    event_fields |= {name: fields.pop(name) for name in event_fields.keys() & fields.keys()}
    change_fields = {"channel": "email", "at": f"2026-11-{day:02}T00:00:00.000Z"} | fields
    change = ConsentChange(status=status, address=address, **change_fields)
    return read_consents(
        Event(id="1", channel="shop", occurred_at=change.at, consents=(change,), **event_fields)
    )


def build_confirmation(day: int, address: str = "e:ann", **fields: Any) -> Consents:
    return build_consents("granted", day, address, basis="double_opt_in", **fields)


def find_common_status(*parts: Consents, address: str = "e:ann", purpose: str = "marketing") -> str:
    """Return the status in force, which is the same for the parts in every order."""
    found = {
        consent and consent.status
        for sequence in permutations(parts)
        for consent in [find_consent(combine_consents(sequence), "email", purpose, address)]
    }
    (status,) = found
    return status or ""


def decide(
    *parts: Consents, address: str = "e:ann", purpose: str = "marketing"
) -> tuple[bool, str]:
    decision = may_send(combine_consents(parts), "email", purpose, address, NOW)
    return decision.allowed, decision.reason


REPEATED_CHANGES = (
    build_confirmation(3),
    build_consents("denied", 4),
    build_consents("granted", 5),
)
PARTS = st.builds(
    build_consents,
    st.sampled_from(STATUS_WORDS),
    st.integers(1, 4),
    st.sampled_from(("", "e:ann", "e:bob")),
    basis=st.sampled_from(("form", "double_opt_in")),
    purpose=st.sampled_from(("marketing", "transactional", "all")),
    trust=st.sampled_from(("browser", "server", "verified", "owner")),
)
LISTS = st.lists(PARTS, max_size=12)


@given(LISTS, st.randoms(use_true_random=False))
def test_sequence_division_and_repetition_change_nothing(
    parts: list[Consents], chance: random.Random
) -> None:
    whole = combine_consents(parts)
    shuffled = [*parts, *parts[: len(parts) // 2]]
    chance.shuffle(shuffled)
    cut = chance.randint(0, len(shuffled))
    assert combine_consents(map(combine_consents, (shuffled[:cut], shuffled[cut:]))) == whole
    assert combine_consents([whole, whole, NO_CONSENTS]) == whole


@given(st.lists(st.integers(0, 200), max_size=150), st.integers(0, 150))
def test_limit_of_addresses_does_not_depend_on_the_division(numbers: list[int], cut: int) -> None:
    parts = [build_consents("granted", 1, f"e:{number:03}") for number in numbers]
    whole = combine_consents(parts)
    assert combine_consents(map(combine_consents, (parts[:cut], parts[cut:]))) == whole
    assert len(list_addresses(whole)) == min(len(set(numbers)), MAX_ADDRESSES)


@given(LISTS, LISTS)
def test_merge_keeps_the_stricter(first: list[Consents], second: list[Consents]) -> None:
    # Of two grants, none can make the other allow more: a merge allows what a newer grant of one side allows.
    merged = combine_consents(first + second)
    newest = max((find_newest_time(part) for part in first + second), default="")
    sides = [combine_consents(side) for side in (first, second)]
    if may_send(merged, "email", "marketing", "e:ann", NOW).allowed:
        assert any(may_send(side, "email", "marketing", "e:ann", NOW).allowed for side in sides)
    assert newest == max(map(find_newest_time, sides), default="")


def find_newest_time(consents: Consents) -> str:
    """Return the time of the newest statement."""
    statements = (*consents.statements.values(), *consents.claims.values())
    return max((statement.at for statement in statements), default="")


@given(LISTS)
def test_refusal_at_the_newest_time_is_in_force(parts: list[Consents]) -> None:
    denial = build_consents("denied", 5)
    assert find_status([*parts, denial]) in REFUSALS
    assert find_status([denial, *parts, build_consents("granted", 5)]) in REFUSALS


def find_status(parts: list[Consents]) -> str:
    consent = find_consent(combine_consents(parts), "email", "marketing", "e:ann")
    return consent.status if consent else ""


@given(LISTS, st.lists(st.builds(build_consents, address=st.just("e:bob"), day=st.integers(1, 9))))
def test_grant_of_another_address_changes_nothing(
    parts: list[Consents], grants: list[Consents]
) -> None:
    assert find_status(parts) == find_status(parts + grants)


@given(LISTS, LISTS)
def test_browser_never_changes_what_stronger_evidence_says(
    parts: list[Consents], claims: list[Consents]
) -> None:
    strong = combine_consents(parts).statements
    forged = [Consents(claims=part.statements or part.claims) for part in claims]
    before = find_consent(Consents(statements=strong), "email", "marketing", "e:ann")
    after = find_consent(
        combine_consents([Consents(statements=strong), *forged]), "email", "marketing", "e:ann"
    )
    assert before is None or after == before


@given(LISTS)
def test_complaint_is_lifted_by_a_newer_confirmed_grant_only(parts: list[Consents]) -> None:
    consents = combine_consents(
        [*parts, build_consents("complained", 5), build_consents("granted", 6)]
    )
    assert not may_send(consents, "email", "marketing", "e:ann", NOW).allowed
    assert not may_send(consents, "email", "transactional", "e:ann", NOW).allowed
    lifted = combine_consents([*parts, build_consents("complained", 5), build_confirmation(6)])
    assert may_send(lifted, "email", "marketing", "e:ann", NOW).allowed


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([], ""),
        ([build_consents("granted", 1)], "granted"),
        (
            [build_consents("denied", 2), build_consents("granted", 1)],
            "denied",
        ),  # the subscribe came late
        ([build_consents("denied", 2), build_consents("granted", 2)], "denied"),
        ([build_consents("denied", 2), build_consents("granted", 3)], "granted"),
        ([build_consents("complained", 2), build_consents("granted", 3)], "complained"),
        ([build_consents("complained", 2), build_confirmation(2)], "complained"),
        ([build_consents("complained", 2), build_confirmation(3)], "granted"),
        ([build_consents("complained", 2), build_confirmation(3, trust="browser")], "complained"),
        (
            [
                build_consents("complained", 2),
                build_confirmation(3),
                build_consents("denied", 4),
                build_consents("granted", 5),
            ],
            "granted",
        ),
        (
            [build_consents("denied", 2), build_consents("complained", 1), build_confirmation(2)],
            "denied",
        ),
    ],
)
def test_status_in_force_follows_the_rules(parts: list[Consents], status: str) -> None:
    assert find_common_status(*parts) == status


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([build_consents("pending", 1)], "pending"),
        ([build_consents("pending", 1), build_consents("granted", 2)], "pending"),
        ([build_consents("pending", 1), build_confirmation(1)], "pending"),
        ([build_consents("pending", 1), build_confirmation(2)], "granted"),
        ([build_consents("pending", 3), build_confirmation(2)], "pending"),
        ([build_consents("pending", 1), build_confirmation(2, trust="browser")], "pending"),
        ([build_consents("pending", 1), build_consents("denied", 2)], "denied"),
        (
            [
                build_consents("pending", 1),
                build_consents("denied", 2),
                build_consents("granted", 3),
            ],
            "granted",
        ),
        ([build_consents("denied", 1), build_consents("pending", 2)], "pending"),
        (
            [build_consents("granted", 1), build_consents("pending", 2), build_confirmation(3)],
            "granted",
        ),
    ],
)
def test_pending_consent_is_granted_by_a_confirmation_only(
    parts: list[Consents], status: str
) -> None:
    assert find_common_status(*parts) == status


def test_two_addresses_of_one_person_keep_opposite_consents() -> None:
    parts = (build_consents("denied", 2, "e:ann"), build_consents("granted", 9, "e:work"))
    assert decide(*parts, address="e:ann") == (False, "denied")
    assert decide(*parts, address="e:work") == (True, "granted")


@pytest.mark.parametrize("status", REFUSALS)
def test_refusal_without_an_address_concerns_every_address(status: str) -> None:
    refusal = build_consents(status, 2, "")
    assert decide(refusal, build_consents("granted", 1)) == (False, status)
    assert decide(refusal, build_confirmation(3)) == (True, "granted")
    assert decide(refusal, build_confirmation(3), address="e:work") == (False, status)


@pytest.mark.parametrize("status", ["granted", "pending"])
def test_grant_without_an_address_grants_nothing(status: str) -> None:
    assert build_consents(status, 1, "", subjects=("u:ann", "e:1", "e:2")) == NO_CONSENTS


def test_address_of_an_earlier_event_is_its_only_one() -> None:
    consents = build_consents("granted", 1, "", subjects=("u:ann", "e:ann", "c:7"))
    assert list_addresses(consents) == (("email", "marketing", "e:ann"),)


@pytest.mark.parametrize(
    ("channel", "subjects", "address"),
    [
        ("email", ("u:1", "e:1", "p:1"), "e:1"),
        ("email", ("e:1", "e:2"), ""),
        ("sms", ("e:1", "p:1"), "p:1"),
        ("whatsapp", ("p:1", "c:1"), "p:1"),
        ("whatsapp", ("c:1",), "c:1"),
        ("wechat", ("c:1", "p:1"), "c:1"),
        ("line", ("c:1", "c:2"), ""),
        ("telegram", ("u:1",), ""),
        ("pigeon", ("e:1",), ""),
    ],
)
def test_address_is_the_only_subject_of_the_channel(
    channel: str, subjects: tuple[str, ...], address: str
) -> None:
    assert choose_address(channel, subjects) == address


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-20T00:05:00.000Z", "2026-11-20T00:05:00.000Z"),
        ("2026-11-20T00:05:00.001Z", "2026-11-20T00:00:00.000Z"),
        ("2099-01-01T00:00:00.000Z", "2026-11-20T00:00:00.000Z"),
    ],
)
def test_consent_of_the_future_dates_from_its_receipt(at: str, expected: str) -> None:
    (statement,) = build_consents(at=at).statements.values()
    assert statement.at == expected


def test_grant_of_the_future_cannot_outlast_a_later_denial() -> None:
    grant = build_consents("granted", at="2099-01-01T00:00:00.000Z")
    assert (
        find_common_status(
            grant, build_consents("denied", 21, received_at="2026-11-21T00:00:00.000Z")
        )
        == "denied"
    )


def test_grant_counts_from_its_time() -> None:
    assert decide(build_consents("granted", at="2026-11-20T00:04:00.000Z")) == (False, "not yet")


def test_claim_counts_where_the_address_has_no_stronger_consent() -> None:
    grant, denial = (
        build_consents("granted", 1, trust="browser"),
        build_consents("denied", 9, trust="browser"),
    )
    assert decide(grant) == (True, "claimed")
    assert decide(grant, denial) == (False, "denied")
    assert decide(build_consents("granted", 2), denial) == (True, "granted")
    assert decide(build_consents("denied", 1), build_consents("granted", 9, trust="browser")) == (
        False,
        "denied",
    )
    claim = find_claim(combine_consents([build_consents(), denial]), "email", "marketing", "e:ann")
    assert claim
    assert (claim.status, claim.claimed) == ("denied", True)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], (True, "transactional")),
        ([build_consents("denied", 1)], (True, "transactional")),
        ([build_consents("denied", 1, purpose="transactional")], (False, "denied")),
        ([build_consents("denied", 1, purpose="all")], (False, "denied")),
        ([build_consents("complained", 1)], (False, "complained")),
        ([build_consents("complained", 1), build_confirmation(2)], (True, "transactional")),
        ([build_consents("complained", 1, trust="browser")], (True, "transactional")),
    ],
)
def test_transactional_message_needs_that_nobody_refused_it(
    parts: list[Consents], expected: tuple[bool, str]
) -> None:
    assert decide(*parts, purpose="transactional") == expected


@pytest.mark.parametrize(
    ("channel", "purpose", "address", "expected"),
    [
        ("email", "marketing", "", (False, "no address")),
        ("email", "transactional", "", (False, "no address")),
        ("email", "marketing", "e:new", (False, "no consent")),
        ("sms", "marketing", "e:ann", (False, "no consent")),
        ("email", "newsletter", "e:ann", (False, "no consent")),
    ],
)
def test_nothing_is_sent_without_consent(
    channel: str, purpose: str, address: str, expected: tuple[bool, str]
) -> None:
    decision = may_send(build_consents("granted", 1), channel, purpose, address, NOW)
    assert (decision.allowed, decision.reason) == expected


def test_complaint_of_an_earlier_event_is_a_complaint() -> None:
    assert find_common_status(
        build_consents("denied", 1, type="Email Marked as Spam"), build_consents("granted", 2)
    ) == ("complained")


@pytest.mark.parametrize(
    "fields", [{"status": "maybe"}, {"channel": "pigeon"}, {"purpose": "spam"}]
)
def test_unknown_words_state_nothing(fields: dict[str, Any]) -> None:
    assert build_consents(**fields) == NO_CONSENTS


def test_grant_of_all_purposes_is_none() -> None:
    assert build_consents("granted", purpose="all") == NO_CONSENTS


def test_statements_are_divided_by_the_subject_that_they_are_about() -> None:
    own, other = build_consents("denied", 1, "e:ann"), build_consents("granted", 2, "e:bob")
    whole = build_consents("denied", 3, "", subjects=("u:ann",))
    parts = split_consents(combine_consents([own, other, whole]), ["u:ann", "c:ann"])
    assert parts == {"e:ann": own, "e:bob": other, "u:ann": whole, "c:ann": whole}


def test_statement_keeps_where_it_came_from() -> None:
    (statement,) = build_consents(basis="form", wording="2026-05").statements.values()
    assert (statement.basis, statement.source, statement.wording, statement.trust) == (
        *("form", "shopify/main", "2026-05", "verified"),
    )


def test_every_channel_has_addresses() -> None:
    assert set("".join(ADDRESS_LETTERS.values())) == {"e", "p", "c"}
