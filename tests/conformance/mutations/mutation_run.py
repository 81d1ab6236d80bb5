"""Runs a number of mutations of one scheme, with two live secrets that are rotated on the way, and counts the verdicts."""

import json
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

from tests.conformance.mutations.delivery_parts import Address, Body, Header, Place
from tests.conformance.mutations.key_ring import Ring
from tests.conformance.mutations.schemes.contract import ALWAYS, Key, Scheme, token
from tests.conformance.mutations.signed_delivery import NOW, Delivery
from tests.conformance.mutations.text_changes import ANY, LETTERS, READABLE, respelt
from tests.conformance.mutations.verdict_counts import Tally

TURN = 250  # mutations between two rotations

type Found = tuple[Delivery, bool]  # a delivery, and whether it is still genuine


class Campaign:
    """The mutations of one scheme, by one seed."""

    def __init__(self, scheme: Scheme, seed: str) -> None:
        self.name = scheme.name
        self._scheme = scheme
        self._random = Random(f"{seed}/{self.name}")
        self._ring = Ring(self._random, scheme)
        self._kinds: tuple[Callable[[Delivery], Found], ...] = (
            *(self._altered, self._altered, self._altered, self._respelt, self._taken_out),
            *(self._doubled, self._exchanged, self._untouched, self._unsigned, self._elsewhere),
            *self._signing(),
        )

    def _signing(self) -> tuple[Callable[[Delivery], Found], ...]:
        """What can be tried by who can sign."""
        return self._own, self._own, self._of_another, self._by_another, self._late

    def run(self, count: int) -> Tally:
        """So many mutations."""
        tally = Tally(self.name)
        for kind, (sent, is_genuine) in self._found(count):
            tally.count(kind, sent, is_genuine=is_genuine)
        return tally

    def _found(self, count: int) -> Iterator[tuple[str, Found]]:
        made: list[Delivery] = []
        done = 0
        while done < count:
            if done % TURN == 0:
                made = self._turned()
            genuine = self._random.choice(made)
            kind = self._random.choice(self._kinds)
            found = kind(genuine)
            if found[1] or _arrives(found[0]) != _arrives(genuine):
                done += 1
                yield kind.__name__.strip("_"), found

    def _turned(self) -> list[Delivery]:
        """Genuine deliveries by each of the two secrets that are live after a rotation."""
        self._ring.rotate()
        return [self._made(key) for key in self._ring.live for _ in range(2)]

    def _made(self, key: Key) -> Delivery:
        return self._ring.put(self._scheme.made(self._random, key, NOW))

    def _altered(self, genuine: Delivery) -> Found:
        """Something that proves or is signed, changed in any way."""
        place = self._random.choice((*self._scheme.proofs, *self._needed(genuine)))
        if isinstance(place, Body) and self._random.random() < 0.3:
            return replace(genuine, body=self._rewritten(genuine.body)), False
        text = self._random.choice(ANY)(self._random, place.read(genuine) or "x")
        changed = place.write(genuine, text)
        same = place.read(genuine).strip() == text.strip()
        return genuine if same else changed, False

    def _rewritten(self, body: bytes) -> bytes:
        """The same JSON in other bytes."""
        text = body.decode()
        forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
        told = json.loads(text)
        forms += [json.dumps(told, indent=1), json.dumps(told, sort_keys=True), f"\ufeff{text}"]
        forms += [json.dumps(told, ensure_ascii=False), f"{text}\n", text.rstrip(), f" {text}"]
        return self._random.choice(forms).encode()

    def _respelt(self, genuine: Delivery) -> Found:
        """The proof in another spelling."""
        place = self._random.choice(self._scheme.proofs)
        text = respelt(self._random, place.read(genuine))
        is_same = not text or text == place.read(genuine)
        return genuine if is_same else place.write(genuine, text), False

    def _own(self, genuine: Delivery) -> Found:
        """What only this scheme can be tried with."""
        mutations = [(each, False) for each in self._scheme.forging]
        mutations += [(each, True) for each in self._scheme.harmless]
        if not mutations:
            return self._untouched(genuine)
        mutation, is_genuine = self._random.choice(mutations)
        return mutation(self._random, genuine), is_genuine

    def _taken_out(self, genuine: Delivery) -> Found:
        """Something that is needed is not there."""
        place = self._random.choice(self._needed(genuine))
        return place.write(genuine, self._random.choice((None, ""))), False

    def _doubled(self, genuine: Delivery) -> Found:
        """A header that is needed twice, which the gateway joins."""
        headers = [place for place in self._needed(genuine) if isinstance(place, Header)]
        if not headers:
            return genuine, False
        place = self._random.choice(headers)
        said = place.read(genuine)
        other = self._random.choice((said, "", token(self._random)))
        return place.write(
            genuine, self._random.choice((f"{said},{other}", f"{other},{said}"))
        ), False

    def _exchanged(self, genuine: Delivery) -> Found:
        """Two things in each other's place."""
        movable = [
            place for place in self._needed(genuine) if not isinstance(place, Body | Address)
        ]
        if len(movable) < 2:
            return genuine, False
        one, other = self._random.sample(movable, 2)
        first, second = one.read(genuine), other.read(genuine)
        return other.write(one.write(genuine, second), first), False

    def _of_another(self, genuine: Delivery) -> Found:
        """The proof of another delivery by the very same secret."""
        other = self._made(self._ring.live[0])
        sent = genuine
        places: tuple[Place, ...] = self._scheme.proofs
        for place in places:
            sent = place.write(sent, place.read(other))
        is_token = not self._scheme.signed
        return sent, is_token and other.live == genuine.live

    def _by_another(self, _genuine: Delivery) -> Found:
        """By a secret that is gone, of another source, empty, or used with another algorithm."""
        live = self._random.choice(self._ring.live)
        keys = [self._ring.gone, self._scheme.fresh(self._random)]
        keys += [replace(live, digest=digest) for digest in self._scheme.wrong]
        keys += [Key("")] if self._scheme.wrong else []
        return self._made(self._random.choice(keys)), False

    def _untouched(self, genuine: Delivery) -> Found:
        """As it was, in what spelling of header names and in what form the gateway passes it on."""
        headers = {
            self._random.choice((name.upper(), name.title(), name)): f" {said} "
            for name, said in genuine.headers.items()
        }
        return replace(genuine, headers=headers, as_base64=self._random.random() < 0.5), True

    def _unsigned(self, genuine: Delivery) -> Found:
        """Something that is not covered, changed in a way that can still be read."""
        if not self._scheme.free:
            return self._untouched(genuine)
        place = self._random.choice(self._scheme.free)
        text = self._random.choice(READABLE)(self._random, place.read(genuine) or "a")
        return place.write(genuine, text), True

    def _elsewhere(self, genuine: Delivery) -> Found:
        """Headers that nobody looks at, among the others."""
        name = "x-" + "".join(self._random.choices(LETTERS.lower(), k=9))
        said = {name: "1,1", "user-agent": name, "x-forwarded-for": "192.0.2.1"}
        items = [*genuine.headers.items(), *said.items()]
        self._random.shuffle(items)
        return replace(genuine, headers=dict(items)), True

    def _late(self, genuine: Delivery) -> Found:
        """At another time: within what the scheme allows, or just out of it."""
        late, early = self._scheme.window
        edge, sign = self._random.choice(((late, 1), (early, -1)))
        is_in = edge == ALWAYS or self._random.random() < 0.5
        inside = timedelta(seconds=self._random.uniform(0, edge.total_seconds() - 11))
        outside = edge + timedelta(seconds=self._random.uniform(1, 9 ** self._random.randrange(9)))
        # The time that was signed has no fractions.
        start = NOW.replace(microsecond=0)
        return replace(genuine, now=start + sign * (inside if is_in else outside)), is_in

    def _needed(self, genuine: Delivery) -> list[Place]:
        places = (*self._scheme.proofs, *self._scheme.signed)
        return [place for place in places if place.read(genuine)]


def _arrives(sent: Delivery) -> tuple[object, ...]:
    """What the gateway passes on of it."""
    headers = {name: said.strip() for name, said in sent.headers.items()}
    return headers, sent.query, sent.body, sent.url, sent.method, sent.live, sent.now, sent.config
