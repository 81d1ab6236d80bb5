"""Pack the identity facts of a profile into bytes: a few hundred for most people, so that a profile stays below 1 KB."""

from typing import Any

import msgspec

from regulars.domain.consent import Consents
from regulars.domain.identifiers import subject_strength
from regulars.domain.identity_facts import IdentityDecision, IdentityFacts, LinkEvidence

_ENCODER = msgspec.msgpack.Encoder()
_CONSENTS_ENCODER = msgspec.msgpack.Encoder(order="deterministic")
_DECODER = msgspec.msgpack.Decoder()


def encode_facts(facts: IdentityFacts) -> bytes:
    """Return the facts as MessagePack; the same facts give the same bytes."""
    subjects = sorted({*facts.births, *facts.providers}.union(*facts.links), key=subject_strength)
    numbers = {subject: number for number, subject in enumerate(subjects)}
    content: list[Any] = [
        subjects,
        [facts.births.get(subject, 0) for subject in subjects],
        sorted(numbers[subject] for subject in facts.known if subject in numbers),
        {numbers[subject]: name for subject, name in sorted(facts.providers.items())},
        [
            _pack_link(numbers[pair[0]], numbers[pair[1]], facts.links[pair])
            for pair in sorted(facts.links)
        ],
    ]
    if facts.decisions or facts.consents:
        content.append([facts.decisions[id_] for id_ in sorted(facts.decisions)])
    if facts.consents:
        content.append(msgspec.Raw(_CONSENTS_ENCODER.encode(facts.consents)))
    return _ENCODER.encode(content)


def decode_facts(packed: bytes) -> IdentityFacts:
    """Return the facts of `encode_facts`."""
    subjects, births, known, providers, links, *rest = _DECODER.decode(packed)
    decisions = msgspec.convert(rest[0], list[IdentityDecision]) if rest else []
    consents = msgspec.convert(rest[1], dict[str, Consents]) if rest[1:] else {}
    return IdentityFacts(
        births={subject: at for subject, at in zip(subjects, births, strict=True) if at},
        known=frozenset(subjects[number] for number in known),
        providers={subjects[number]: name for number, name in providers.items()},
        links={
            (subjects[first], subjects[second]): _unpack_link(evidence)
            for first, second, *evidence in links
        },
        decisions={decision.id: decision for decision in decisions},
        consents=consents,
    )


def _pack_link(first: int, second: int, evidence: LinkEvidence) -> list[int | None]:
    strong = evidence.strong or (None, None)
    return [first, second, *strong, evidence.browser]


def _unpack_link(fields: list[Any]) -> LinkEvidence:
    trust, moment, browser = fields
    return LinkEvidence(None if trust is None else (trust, moment), browser)
