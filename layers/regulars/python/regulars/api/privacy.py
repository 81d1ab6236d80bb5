"""Erase people at the owner's request: the use case of the API."""

from dataclasses import dataclass
from typing import Any

import msgspec

from regulars.api.person_lookup import LookupRequest, PersonDirectory
from regulars.domain.errors import InvalidRequestError
from regulars.domain.identifiers import profile_id_of
from regulars.privacy.erasure_jobs import job_id_of
from regulars.profiles.people import PeopleDirectory
from regulars.store.erasure_queue import ErasureQueue


class ErasureRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to erase: the `profile_id`, or one identifier. Nothing is erased without `apply`."""

    profile_id: str = ""
    email: str | None = None
    phone: str | None = None
    user_id: str | None = None
    apply: bool = False

    @property
    def lookup(self) -> LookupRequest:
        """The identifier."""
        return LookupRequest(email=self.email, phone=self.phone, user_id=self.user_id)


@dataclass(frozen=True, kw_only=True)
class PrivacyDesk:
    """Where people are found, and the queue of erasures."""

    people: PeopleDirectory
    directory: PersonDirectory
    queue: ErasureQueue

    def erase_person(self, request: ErasureRequest) -> dict[str, Any]:
        """Return what will be erased, and start it when the request says so; raise NotFoundError for an unknown person."""
        has_identifier = request.lookup != LookupRequest()
        if bool(request.profile_id) == has_identifier:
            raise InvalidRequestError(
                "Send `profile_id`, or one of `email`, `phone` and `user_id`."
            )
        subjects = self.directory.list_subjects(request.lookup) if has_identifier else []
        profile_id = request.profile_id or profile_id_of(subjects[0])
        person = self.people.require_person(profile_id, subjects)
        if request.apply:
            self.queue.request_erasure(person.subjects)
        return {
            "erasure": job_id_of(person.subjects),
            "profile_id": person.profile_id,
            "identifiers": len(person.subjects),
            "events": person.state.events,
            "orders": person.state.orders.count,
            "applied": request.apply,
        }
