"""Erase people from every store: tombstones first, then passes over all stores until one finds nothing."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.times import from_text, to_text
from regulars.domain.tombstones import Tombstones
from regulars.identity.people import find_people
from regulars.privacy.closure import find_connected_subjects
from regulars.privacy.erasure_jobs import ErasureJob, job_id_of
from regulars.privacy.erasure_stores import ErasureStores
from regulars.privacy.receipts import ErasureReceipt
from regulars.privacy.store_sweep import StoreSweep

# What came until then may still have been stored by a container that did not know the tombstone.
LATE_STORE = timedelta(minutes=15)
MAX_PASSES = 8


def _get_current_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Eraser:
    """Runs erasures on the stores of a deployment; an interrupted one goes on when it is started again."""

    stores: ErasureStores
    clock: Callable[[], datetime] = _get_current_time
    sleep: Callable[[float], None] = time.sleep

    def start_erasure(self, subjects: Iterable[str]) -> ErasureJob:
        """Store the tombstones of the people whom these subjects name, and return the job; one that is unfinished goes on.

        From now on nothing that happened before is recorded of them any more, within 20 seconds at every door.
        """
        asked = tuple(sorted(set(subjects)))
        job = self.stores.jobs.find_job(job_id_of(asked))
        if job is None or job.phase == "done":
            job = self._create_job(asked)
        self.stores.tombstones.write_tombstones(job.tombstone_times)
        self.stores.jobs.save_job(job)
        return job

    def finish_erasure(self, job: ErasureJob) -> ErasureReceipt:
        """Do what remains of a job, and return its receipt; a repeated call removes what was left.

        Raise ConcurrentUpdateError when every pass still found something.
        """
        if job.phase == "waiting":
            job = self._prepare_sweep(job)
        job = self._sweep_until_clean(job)
        job = replace(job, phase="done", finished_at=to_text(self.clock()))
        receipt = self.stores.receipts.issue_receipt(job)
        self.stores.jobs.save_job(job)
        return receipt

    def repeat_erasures(self) -> Counter[str]:
        """Remove again, after a restore, what all erasures have removed; return what was found.

        Raw bytes that name an erased person are removed whenever they came.
        """
        erased_at: dict[str, str] = {}
        for job in self.stores.jobs.list_jobs():
            for subject in job.subjects:
                erased_at[subject] = max(erased_at.get(subject, ""), job.erased_at)
        if not erased_at:
            return Counter()
        self.stores.tombstones.write_tombstones(erased_at)
        self.sleep(self.stores.wait_seconds)
        total: Counter[str] = Counter()
        for _ in range(MAX_PASSES):
            now = self.clock()
            counts = StoreSweep(self.stores, Tombstones(erased_at), now).run_pass(to_text(now))
            if not counts.total():
                return total
            total += counts
        raise ConcurrentUpdateError("Something was written again after every pass.")

    def _create_job(self, asked: tuple[str, ...]) -> ErasureJob:
        people = find_people(asked, self.stores.profiles.profiles.read_facts)
        subjects = {*asked}.union(*(person.subjects for person in people.values()))
        return ErasureJob(
            id=job_id_of(asked),
            asked=asked,
            subjects=tuple(sorted(subjects)),
            erased_at=to_text(self.clock()),
        )

    def _prepare_sweep(self, job: ErasureJob) -> ErasureJob:
        """Wait until every door knows the tombstones, and add the subjects that were linked meanwhile."""
        while True:
            self._await_doors(job)
            subjects = find_connected_subjects(self.stores, job)
            if subjects <= {*job.subjects}:
                break
            # What these subjects did meanwhile was recorded until now.
            job = replace(job, subjects=tuple(sorted(subjects)), erased_at=to_text(self.clock()))
            self.stores.tombstones.write_tombstones(job.tombstone_times)
            self.stores.jobs.save_job(job)
        job = replace(job, phase="sweeping")
        self.stores.jobs.save_job(job)
        return job

    def _await_doors(self, job: ErasureJob) -> None:
        passed = (self.clock() - from_text(job.erased_at)).total_seconds()
        if passed < self.stores.wait_seconds:
            self.sleep(self.stores.wait_seconds - passed)

    def _sweep_until_clean(self, job: ErasureJob) -> ErasureJob:
        until = to_text(from_text(job.erased_at) + LATE_STORE)
        for _ in range(MAX_PASSES):
            sweep = StoreSweep(
                self.stores, Tombstones(job.tombstone_times), self.clock(), job.first_at
            )
            counts = sweep.run_pass(until)
            job = replace(
                job,
                counts=dict(Counter(job.counts) + counts),
                first_at=sweep.first_at,
                retrain=tuple(sorted({*job.retrain, *sweep.list_models_to_retrain()})),
                waiting=sweep.count_waiting(until),
            )
            self.stores.jobs.save_job(job)
            if not counts.total():
                return job
        raise ConcurrentUpdateError("Something was written again after every pass.")
