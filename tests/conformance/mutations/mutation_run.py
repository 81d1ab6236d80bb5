"""Runs mutations of one scheme, with two active keys that are rotated during the run, and counts the verdicts."""

import json
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

from tests.conformance.mutations.delivery_parts import BodyPart, DeliveryPart, HeaderPart, UrlPart
from tests.conformance.mutations.key_ring import KeyRing
from tests.conformance.mutations.schemes.contract import UNLIMITED_AGE, SignatureScheme
from tests.conformance.mutations.schemes.signing import SigningKey, generate_token
from tests.conformance.mutations.signed_delivery import NOW, SignedDelivery
from tests.conformance.mutations.text_changes import (
    ALPHANUMERIC_CHARACTERS,
    READABLE_TEXT_CHANGES,
    TEXT_CHANGES,
    convert_signature,
)
from tests.conformance.mutations.verdict_counts import VerdictCounts

MUTATIONS_PER_ROTATION = 250

type Mutated = tuple[SignedDelivery, bool]  # a delivery, and whether it is still genuine
type MutationKind = Callable[[SignedDelivery], Mutated]


class MutationRun:
    """The mutations of one scheme for one seed."""

    def __init__(self, scheme: SignatureScheme, seed: str) -> None:
        self.name = scheme.name
        self._scheme = scheme
        self._random = Random(f"{seed}/{self.name}")
        self._key_ring = KeyRing(self._random, scheme)
        self._kinds: tuple[MutationKind, ...] = (
            *(self._replace_signed_part, self._replace_signed_part, self._replace_signed_part),
            *(self._convert_proof, self._remove_part, self._repeat_header, self._swap_parts),
            *(self._keep_delivery, self._replace_unsigned_part, self._add_headers),
            *self._list_key_mutations(),
        )

    def _list_key_mutations(self) -> tuple[MutationKind, ...]:
        """Return the mutations that need the key of the provider."""
        return (
            *(self._apply_scheme_mutation, self._apply_scheme_mutation),
            *(self._use_proof_of_another_delivery, self._sign_with_invalid_key, self._move_time),
        )

    def run(self, count: int) -> VerdictCounts:
        """Run this number of mutations."""
        counts = VerdictCounts(name=self.name)
        for kind, (delivery, is_genuine) in self._iterate_mutations(count):
            counts.count_verdict(kind, delivery, is_genuine=is_genuine)
        return counts

    def _iterate_mutations(self, count: int) -> Iterator[tuple[str, Mutated]]:
        deliveries: list[SignedDelivery] = []
        done = 0
        while done < count:
            if done % MUTATIONS_PER_ROTATION == 0:
                deliveries = self._rotate_deliveries()
            genuine = self._random.choice(deliveries)
            kind = self._random.choice(self._kinds)
            mutated, is_genuine = kind(genuine)
            if is_genuine or _to_received_values(mutated) != _to_received_values(genuine):
                done += 1
                yield kind.__name__.strip("_"), (mutated, is_genuine)

    def _rotate_deliveries(self) -> list[SignedDelivery]:
        """Rotate the keys and return genuine deliveries, two for each active key."""
        self._key_ring.rotate()
        return [self._build_delivery(key) for key in self._key_ring.active_keys for _ in range(2)]

    def _build_delivery(self, key: SigningKey) -> SignedDelivery:
        return self._key_ring.add_secrets(self._scheme.build_delivery(self._random, key, NOW))

    def _replace_signed_part(self, genuine: SignedDelivery) -> Mutated:
        """Change a proof or a signed part in any way."""
        parts = (*self._scheme.proof_parts, *self._list_required_parts(genuine))
        part = self._random.choice(parts)
        if isinstance(part, BodyPart) and self._random.random() < 0.3:
            return replace(genuine, body=self._encode_json_again(genuine.body)), False
        text = self._random.choice(TEXT_CHANGES)(self._random, part.read(genuine) or "x")
        mutated = part.write(genuine, text)
        is_same = part.read(genuine).strip() == text.strip()
        return genuine if is_same else mutated, False

    def _encode_json_again(self, body: bytes) -> bytes:
        """Return the same JSON in other bytes."""
        text = body.decode()
        texts = [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
        document = json.loads(text)
        texts += [json.dumps(document, indent=1), json.dumps(document, sort_keys=True)]
        texts += [f"\ufeff{text}", json.dumps(document, ensure_ascii=False)]
        texts += [f"{text}\n", text.rstrip(), f" {text}"]
        return self._random.choice(texts).encode()

    def _convert_proof(self, genuine: SignedDelivery) -> Mutated:
        """Write the proof in another encoding."""
        part = self._random.choice(self._scheme.proof_parts)
        text = convert_signature(self._random, part.read(genuine))
        is_same = not text or text == part.read(genuine)
        return genuine if is_same else part.write(genuine, text), False

    def _apply_scheme_mutation(self, genuine: SignedDelivery) -> Mutated:
        """Apply a mutation that only this scheme has."""
        mutations = [(mutation, False) for mutation in self._scheme.invalid_mutations]
        mutations += [(mutation, True) for mutation in self._scheme.valid_mutations]
        if not mutations:
            return self._keep_delivery(genuine)
        mutation, is_genuine = self._random.choice(mutations)
        return mutation(self._random, genuine), is_genuine

    def _remove_part(self, genuine: SignedDelivery) -> Mutated:
        """Remove or empty a required part."""
        part = self._random.choice(self._list_required_parts(genuine))
        return part.write(genuine, self._random.choice((None, ""))), False

    def _repeat_header(self, genuine: SignedDelivery) -> Mutated:
        """Send a required header twice. API Gateway joins the two values with a comma."""
        parts = self._list_required_parts(genuine)
        headers = [part for part in parts if isinstance(part, HeaderPart)]
        if not headers:
            return genuine, False
        header = self._random.choice(headers)
        value = header.read(genuine)
        second = self._random.choice((value, "", generate_token(self._random)))
        text = self._random.choice((f"{value},{second}", f"{second},{value}"))
        return header.write(genuine, text), False

    def _swap_parts(self, genuine: SignedDelivery) -> Mutated:
        """Swap the texts of two required parts."""
        parts = self._list_required_parts(genuine)
        movable = [part for part in parts if not isinstance(part, BodyPart | UrlPart)]
        if len(movable) < 2:
            return genuine, False
        first, second = self._random.sample(movable, 2)
        first_text, second_text = first.read(genuine), second.read(genuine)
        return second.write(first.write(genuine, second_text), first_text), False

    def _use_proof_of_another_delivery(self, genuine: SignedDelivery) -> Mutated:
        """Use the proof of another delivery that has the same secret."""
        another = self._build_delivery(self._key_ring.active_keys[0])
        mutated = genuine
        parts: tuple[DeliveryPart, ...] = self._scheme.proof_parts
        for part in parts:
            mutated = part.write(mutated, part.read(another))
        is_token = not self._scheme.signed_parts
        return mutated, is_token and another.secrets == genuine.secrets

    def _sign_with_invalid_key(self, _genuine: SignedDelivery) -> Mutated:
        """Sign with a key that is retired, of another source, empty, or used with another algorithm."""
        active_key = self._random.choice(self._key_ring.active_keys)
        keys = [self._key_ring.retired_key, self._scheme.generate_key(self._random)]
        keys += [replace(active_key, digest=digest) for digest in self._scheme.invalid_digests]
        keys += [SigningKey("")] if self._scheme.invalid_digests else []
        return self._build_delivery(self._random.choice(keys)), False

    def _keep_delivery(self, genuine: SignedDelivery) -> Mutated:
        """Keep the delivery, with the case of header names and the body encoding that API Gateway may choose."""
        headers = {
            self._random.choice((name.upper(), name.title(), name)): f" {value} "
            for name, value in genuine.headers.items()
        }
        return replace(genuine, headers=headers, is_base64=self._random.random() < 0.5), True

    def _replace_unsigned_part(self, genuine: SignedDelivery) -> Mutated:
        """Change an unsigned part so that it stays readable."""
        if not self._scheme.unsigned_parts:
            return self._keep_delivery(genuine)
        part = self._random.choice(self._scheme.unsigned_parts)
        text = self._random.choice(READABLE_TEXT_CHANGES)(self._random, part.read(genuine) or "a")
        return part.write(genuine, text), True

    def _add_headers(self, genuine: SignedDelivery) -> Mutated:
        """Add headers that no verifier reads."""
        name = "x-" + "".join(self._random.choices(ALPHANUMERIC_CHARACTERS.lower(), k=9))
        added = {name: "1,1", "user-agent": name, "x-forwarded-for": "192.0.2.1"}
        items = [*genuine.headers.items(), *added.items()]
        self._random.shuffle(items)
        return replace(genuine, headers=dict(items)), True

    def _move_time(self, genuine: SignedDelivery) -> Mutated:
        """Deliver at another time: within the time window of the scheme, or just outside it."""
        max_delay, max_lead = self._scheme.time_window
        limit, sign = self._random.choice(((max_delay, 1), (max_lead, -1)))
        is_inside = limit == UNLIMITED_AGE or self._random.random() < 0.5
        inside = timedelta(seconds=self._random.uniform(0, limit.total_seconds() - 11))
        excess_seconds = self._random.uniform(1, 9 ** self._random.randrange(9))
        outside = limit + timedelta(seconds=excess_seconds)
        # The time in the signature has no fractions of a second.
        start = NOW.replace(microsecond=0)
        return replace(genuine, now=start + sign * (inside if is_inside else outside)), is_inside

    def _list_required_parts(self, genuine: SignedDelivery) -> list[DeliveryPart]:
        parts = (*self._scheme.proof_parts, *self._scheme.signed_parts)
        return [part for part in parts if part.read(genuine)]


def _to_received_values(delivery: SignedDelivery) -> tuple[object, ...]:
    """Return everything that API Gateway passes on of a delivery, and what its source knows."""
    return (
        {name: value.strip() for name, value in delivery.headers.items()},
        delivery.query,
        delivery.body,
        delivery.url,
        delivery.method,
        delivery.secrets,
        delivery.now,
        delivery.config,
    )
