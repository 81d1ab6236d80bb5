"""The contact data of a person: the rules one by one, and that the order of the facts is irrelevant."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.domain.contacts import ContactFact, choose_contacts
from regulars.domain.trust import Trust

FACTS = st.builds(
    ContactFact,
    subject=st.sampled_from(["u:ann", "e:ann"]),
    field=st.sampled_from(["email", "phone"]),
    value=st.sampled_from(["a", "b", "c"]),
    at=st.sampled_from(["2026-11-01", "2026-11-02", "2026-11-03"]),
    source=st.sampled_from(["shopify/main", "segment/web"]),
    trust=st.sampled_from(Trust),
)


def build_fact(field: str, value: str, day: int, trust: Trust) -> ContactFact:
    return ContactFact(
        subject="u:ann",
        field=field,
        value=value,
        at=f"2026-11-{day:02}T10:00:00.000Z",
        source="shopify/main",
        trust=trust,
    )


def test_newest_value_of_the_same_trust_counts() -> None:
    facts = [build_fact("name", name, day, Trust.SERVER) for day, name in ((2, "Ann"), (1, "A."))]
    assert choose_contacts(facts).values == {"name": "Ann"}


@pytest.mark.parametrize(
    ("strong", "weak"), list(zip(sorted(Trust), sorted(Trust)[1:], strict=False))
)
def test_stronger_trust_counts_before_a_newer_time(strong: Trust, weak: Trust) -> None:
    facts = [build_fact("name", "Ann", 1, strong), build_fact("name", "Eve", 2, weak)]
    assert choose_contacts(facts).values == {"name": "Ann"}


def test_fields_are_chosen_from_different_sources() -> None:
    facts = [
        build_fact("name", "Ann", 1, Trust.VERIFIED),
        build_fact("phone", "+442079460000", 1, Trust.SERVER),
    ]
    assert choose_contacts(facts).values == {"name": "Ann", "phone": "+442079460000"}


def test_browser_neither_changes_nor_completes_what_a_strong_source_states() -> None:
    known = build_fact("name", "Ann", 1, Trust.VERIFIED)
    attack = [
        build_fact("name", "Eve", 3, Trust.BROWSER),
        build_fact("phone", "+1", 2, Trust.BROWSER),
    ]
    contact = choose_contacts([known, *attack])
    assert (contact.values, contact.claims) == ({"name": "Ann"}, tuple(attack))


def test_claim_takes_effect_when_a_strong_source_confirms_it() -> None:
    known = build_fact("phone", "+1", 1, Trust.SERVER)
    claim = build_fact("phone", "+2", 2, Trust.BROWSER)
    confirmation = build_fact("phone", "+2", 3, Trust.SERVER)
    contact = choose_contacts([known, claim, confirmation])
    assert (contact.values, contact.claims) == ({"phone": "+2"}, ())


def test_browser_states_the_contact_data_of_a_person_known_from_browsers_only() -> None:
    facts = [build_fact("name", name, day, Trust.BROWSER) for day, name in ((1, "A."), (2, "Ann"))]
    contact = choose_contacts(facts)
    assert (contact.values, contact.claims) == ({"name": "Ann"}, ())


@given(st.lists(FACTS, max_size=4))
def test_order_of_the_facts_is_irrelevant(facts: list[ContactFact]) -> None:
    contact = choose_contacts(facts)
    assert all(choose_contacts(other) == contact for other in permutations(facts))


@given(st.lists(FACTS, max_size=12))
def test_value_is_one_that_no_other_fact_of_its_field_outranks(facts: list[ContactFact]) -> None:
    effective = [fact for fact in facts if fact.trust.is_strong] or facts
    values = choose_contacts(facts).values
    assert values.keys() == {fact.field for fact in effective}
    for field, value in values.items():
        rivals = [fact for fact in effective if fact.field == field]
        best = min(fact.trust for fact in rivals)
        newest = max(fact.at for fact in rivals if fact.trust is best)
        assert any((f.value, f.trust, f.at) == (value, best, newest) for f in rivals)


@given(st.lists(FACTS, max_size=12), st.lists(FACTS, max_size=12))
def test_no_browser_changes_contact_data_that_a_strong_source_states(
    facts: list[ContactFact], others: list[ContactFact]
) -> None:
    known = [fact for fact in facts if fact.trust.is_strong]
    claims = [fact for fact in others if not fact.trust.is_strong]
    if known:
        contact = choose_contacts([*known, *claims])
        assert contact.values == choose_contacts(known).values
        rejected = {(f.field, f.value) for f in claims} - set(contact.values.items())
        assert {(claim.field, claim.value) for claim in contact.claims} == rejected
