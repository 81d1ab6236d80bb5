"""Erases people for the owner, and lists the receipts of erasures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import msgspec

from regulars.admin.deployment import Deployment
from regulars.admin.people import PeopleStores
from regulars.domain.errors import NotFoundError
from regulars.privacy.erasure import Eraser
from regulars.privacy.opened_stores import open_erasure_stores
from regulars.privacy.receipts import ErasureReceipt
from regulars.profiles.served_profiles import ScoredProfile


class ErasurePreview(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a person who shall be erased; `erased_at` is when the identifier was erased before, or ''."""

    profile_id: str
    identifiers: int
    events: int
    orders: int
    contact_fields: tuple[str, ...]
    erased_at: str = ""


@dataclass(frozen=True, kw_only=True)
class PrivacyOffice:
    """The people of a deployment, and what erases them."""

    people: PeopleStores
    eraser: Eraser

    @classmethod
    def from_deployment(cls, deployment: Deployment) -> Self:
        """Open the stores of a deployment."""
        return cls(
            people=PeopleStores.from_deployment(deployment),
            eraser=Eraser(stores=open_erasure_stores(deployment)),
        )

    def list_subjects(self, name: str) -> tuple[str, ...]:
        """Return the subjects to erase for an id or an identifier in clear.

        Of an identifier that was erased before nothing is known; it may be erased again. Raise NotFoundError for a person
        who is not known.
        """
        person = self._find_person(name)
        if person:
            return person.subjects
        return tuple(self._list_erased(name))

    def preview_erasure(self, name: str) -> ErasurePreview:
        """Return what is known about a person; raise NotFoundError."""
        person = self._find_person(name)
        erased = self._list_erased(name)
        erased_at = max(erased.values(), default="")
        if person is None:
            return ErasurePreview(
                profile_id="",
                identifiers=len(erased),
                events=0,
                orders=0,
                contact_fields=(),
                erased_at=erased_at,
            )
        contact = self.people.contacts.read_contact(person.subjects)
        return ErasurePreview(
            profile_id=person.profile_id,
            identifiers=len(person.subjects),
            events=person.state.events,
            orders=person.state.orders.count,
            contact_fields=tuple(contact.values),
            erased_at=erased_at,
        )

    def erase_people(self, names: Sequence[str]) -> ErasureReceipt:
        """Erase people, and return the receipt; a call that was interrupted is repeated. Raise NotFoundError."""
        subjects = [subject for name in names for subject in self.list_subjects(name)]
        return self.eraser.finish_erasure(self.eraser.start_erasure(subjects))

    def _find_person(self, name: str) -> ScoredProfile | None:
        try:
            return self.people.find_person(name)
        except NotFoundError:
            if self._list_erased(name):
                return None
            raise

    def _list_erased(self, name: str) -> dict[str, str]:
        """Return when the subjects that a name may mean were erased."""
        tombstones = self.eraser.stores.tombstones.read_tombstones().erased_at
        named = self.people.list_subjects(name)
        return {subject: tombstones[subject] for subject in named if subject in tombstones}
