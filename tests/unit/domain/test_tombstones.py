"""Tombstones keep out what happened before an erasure, however late it arrives, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.domain.events import ConsentChange, Event, OrderFact, event_id
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.domain.times import from_text
from regulars.domain.tombstones import Tombstones, list_all_subjects, strip_subjects
from regulars.identity.decisions import build_decision_event

ERASURE_TIME = "2026-11-20T10:00:00.000Z"
TIMES = ["2026-11-20T09:59:59.999Z", ERASURE_TIME, "2026-11-20T10:00:00.001Z"]
SUBJECTS = ["u:ann", "e:ann", "a:ann", "u:bob", "e:bob", "p:bob"]


def build_event(*subjects: str, at: str = TIMES[0], **fields: object) -> Event:
    return Event(
        id=event_id("event"),
        type="Page Viewed",
        channel="web",
        source="segment/web",
        occurred_at=at,
        received_at="2026-12-01T00:00:00.000Z",
        subjects=subjects,
        **fields,  # type: ignore[arg-type]
    )


@st.composite
def generate_event(draw: st.DrawFn) -> Event:
    names = st.lists(st.sampled_from(SUBJECTS), unique=True, max_size=4)
    addresses = draw(st.lists(st.sampled_from(["", *SUBJECTS]), max_size=2))
    consents = tuple(
        ConsentChange(channel="email", status="granted", at=TIMES[0], address=address)
        for address in addresses
    )
    times = st.sampled_from(TIMES)
    order = draw(
        st.none() | st.builds(OrderFact, placed_at=times, key=st.just("shop/1"), version=times)
    )
    backfill = draw(st.booleans())
    return build_event(
        *draw(names), at=draw(times), consents=consents, order=order, backfill=backfill
    )


tombstone_times = st.dictionaries(st.sampled_from(SUBJECTS), st.sampled_from(TIMES), max_size=4)


@given(generate_event(), tombstone_times)
def test_event_is_covered_exactly_when_it_is_older_than_the_erasure_of_somebody_it_names(
    event: Event, erased_at: dict[str, str]
) -> None:
    ages = [event.occurred_at, *([event.order.placed_at] if event.order else [])]
    named = {*event.subjects, *(change.address for change in event.consents)}
    is_old = [event.backfill and not event.order, *(min(ages) <= at for at in TIMES)]
    expected = any(
        subject in named and (is_old[0] or is_old[1 + TIMES.index(at)])
        for subject, at in erased_at.items()
    )
    assert Tombstones(erased_at).covers(event) == expected


@given(generate_event(), tombstone_times)
def test_stripped_event_is_not_covered_and_names_everybody_else(
    event: Event, erased_at: dict[str, str]
) -> None:
    tombstones = Tombstones(erased_at)
    stripped = strip_subjects(event, tombstones.list_erased(event))
    assert not tombstones.covers(stripped)
    assert list_all_subjects(stripped) == list_all_subjects(event) - tombstones.list_erased(event)


@given(
    st.lists(st.builds(EventChange, generate_event(), st.none() | generate_event())),
    tombstone_times,
)
def test_batch_keeps_what_is_not_covered(
    changes: list[EventChange], erased_at: dict[str, str]
) -> None:
    tombstones = Tombstones(erased_at)
    kept = tombstones.drop_erased(ChangeBatch(tuple(changes))).changes
    assert [change.event for change in kept] == [
        change.event for change in changes if not tombstones.covers(change.event)
    ]
    assert not any(change.before and tombstones.covers(change.before) for change in kept)


def test_update_of_an_old_order_is_old() -> None:
    order = OrderFact(key="shop/1", version=TIMES[2], placed_at=TIMES[0])
    event = build_event("e:ann", at=TIMES[2], order=order)
    assert Tombstones({"e:ann": ERASURE_TIME}).covers(event)


@given(generate_event(), tombstone_times, st.sets(st.sampled_from(SUBJECTS)))
def test_redacted_event_is_somebody_elses_and_names_nobody_erased(
    event: Event, erased_at: dict[str, str], worthless: set[str]
) -> None:
    tombstones = Tombstones(erased_at, frozenset(worthless))
    redacted = tombstones.redact(event)
    if redacted is None:
        assert tombstones.covers(event)
    else:
        assert redacted == strip_subjects(event, tombstones.list_erased(event))
        assert tombstones.redact(redacted) == redacted


@pytest.mark.parametrize(
    ("named", "worthless", "kept"),
    [
        (("u:bob", "e:ann"), (), ("u:bob",)),
        (("u:ann", "e:bob"), (), None),
        (("a:ann",), (), None),
        (("u:bob", "e:ann"), ("u:bob",), None),
        (("u:bob", "p:bob", "e:ann"), ("u:bob",), None),
        (("u:bob", "e:bob", "p:ann"), ("u:bob",), ("u:bob", "e:bob")),
    ],
)
def test_event_belongs_to_its_strongest_subject_that_names_somebody(
    named: tuple[str, ...], worthless: tuple[str, ...], kept: tuple[str, ...] | None
) -> None:
    erased_at = dict.fromkeys(("u:ann", "e:ann", "p:ann", "a:ann"), ERASURE_TIME)
    event = build_event(*named, trust="verified")
    redacted = Tombstones(erased_at, frozenset(worthless)).redact(event)
    assert (redacted and redacted.subjects) == kept


def test_decision_loses_its_erased_subjects() -> None:
    event = build_decision_event("join", ["e:ann", "u:bob"], ["p:bob"], from_text(TIMES[0]))
    tombstones = Tombstones({"e:ann": ERASURE_TIME})
    stripped = strip_subjects(event, tombstones.list_erased(event))
    assert (stripped.properties["left"], stripped.properties["right"]) == (["u:bob"], ["p:bob"])
