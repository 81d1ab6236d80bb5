"""Keep what an erasure has done, so that an interrupted one goes on, and that all of them can be done again after a restore.

A job holds keyed hashes and no personal data. It lies in the lake's bucket, because a restored table would not know it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from regulars.store.object_versions import ObjectVersions

JOBS_PREFIX = "erasures/"

type Phase = Literal["waiting", "sweeping", "done"]


class ErasureJob(msgspec.Struct, frozen=True, kw_only=True):
    """One erasure: the subjects that it removes, how far it has come, and what was removed by store.

    `asked` are the subjects that were asked for, `counts` and `waiting` what was removed and what cannot be removed yet, by
    store. `first_at` is the time of the oldest event that was removed, '' for none.
    """

    id: str
    asked: tuple[str, ...]
    subjects: tuple[str, ...]
    erased_at: str
    phase: Phase = "waiting"
    counts: dict[str, int] = {}
    waiting: dict[str, int] = {}
    first_at: str = ""
    retrain: tuple[str, ...] = ()
    finished_at: str = ""

    @property
    def tombstone_times(self) -> dict[str, str]:
        """The tombstones of this erasure."""
        return dict.fromkeys(self.subjects, self.erased_at)


class ErasureJobs:
    """The jobs in the lake's bucket."""

    def __init__(self, objects: ObjectVersions) -> None:
        self._objects = objects

    def save_job(self, job: ErasureJob) -> None:
        """Store how far a job has come."""
        self._objects.put_object(job_key(job.id), msgspec.json.encode(job))

    def find_job(self, job_id: str) -> ErasureJob | None:
        """Return the job with this id; None when there is none."""
        content = self._objects.find_object(job_key(job_id))
        return msgspec.json.decode(content, type=ErasureJob) if content else None

    def list_jobs(self) -> Iterator[ErasureJob]:
        """Yield all jobs, in the order of their ids."""
        for version in self._objects.list_versions(JOBS_PREFIX):
            if version.is_latest:
                yield msgspec.json.decode(self._objects.read_version(version), type=ErasureJob)


def job_id_of(subjects: Iterable[str]) -> str:
    """Return the id of the erasure of these subjects: asked again, it is the same one."""
    text = "\x1f".join(sorted(set(subjects)))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def job_key(job_id: str) -> str:
    """Return the object key of a job."""
    return f"{JOBS_PREFIX}{job_id}.json"
