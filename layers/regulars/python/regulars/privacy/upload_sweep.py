"""Remove uploaded files that name an erased person, once their import has finished; what they said is in the ledger."""

from collections import Counter
from collections.abc import Iterable

from regulars.domain.times import from_text, to_text
from regulars.privacy.named_subjects import SubjectFinder
from regulars.store import schema
from regulars.store.object_versions import ObjectVersion, ObjectVersions

OVERLAP_BYTES = 1024  # an identifier may lie on both sides of a boundary between two parts


class UploadSweep:
    """The uploads bucket."""

    def __init__(self, objects: ObjectVersions) -> None:
        self._objects = objects

    def remove_people(self, finder: SubjectFinder, until: str) -> Counter[str]:
        """Delete every version that was written until a time and names an erased person.

        A file whose import still runs stays, and is counted by `count_waiting`.
        """
        named = self._find_named(finder, until)
        finished = [version for version in named if self._is_finished(version)]
        return Counter(upload_versions=self._objects.delete_versions(finished))

    def count_waiting(self, finder: SubjectFinder, until: str) -> int:
        """Return the number of versions that name an erased person and wait for their import."""
        return sum(not self._is_finished(version) for version in self._find_named(finder, until))

    def _find_named(self, finder: SubjectFinder, until: str) -> list[ObjectVersion]:
        return [
            version
            for version in self._objects.list_versions(schema.IMPORTS_PREFIX)
            if to_text(from_text(version.at)) <= until and self._is_named(version, finder)
        ]

    def _is_named(self, version: ObjectVersion, finder: SubjectFinder) -> bool:
        return any(
            finder.is_named_in(part, _scope_of(version.key))
            for part in _overlap(self._objects.read_chunks(version))
        )

    def _is_finished(self, version: ObjectVersion) -> bool:
        if not version.is_latest or not version.key.lower().endswith(".csv"):
            return True
        return self._objects.find_object(schema.report_key(version.key)) is not None


def _scope_of(key: str) -> str:
    """Return `<channel>/<account>` of an upload for an account, '' otherwise."""
    folder = key.removeprefix(schema.IMPORTS_PREFIX).rpartition("/")[0]
    return folder if "/" in folder else ""


def _overlap(parts: Iterable[bytes]) -> Iterable[bytes]:
    tail = b""
    for part in parts:
        yield tail + part
        tail = part[-OVERLAP_BYTES:]
