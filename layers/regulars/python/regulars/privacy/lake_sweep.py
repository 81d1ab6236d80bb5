"""Remove erased people from the files of the lake, from every version of them, and remove the datasets that saw them."""

import gzip
from collections import Counter
from itertools import groupby

import msgspec

from regulars.domain.events import Event, decode_event, encode_event
from regulars.domain.manifests import DatasetManifest
from regulars.domain.tombstones import Tombstones
from regulars.store import schema
from regulars.store.ledger import Ledger
from regulars.store.object_versions import ObjectVersion, ObjectVersions

MANIFEST_SUFFIX = "/manifest.json"


class LakeSweep:
    """The event files and the datasets in the lake's bucket."""

    def __init__(self, objects: ObjectVersions, ledger: Ledger) -> None:
        self._objects = objects
        self._ledger = ledger

    def remove_events(self, tombstones: Tombstones, everybody: Tombstones) -> Counter[str]:
        """Rewrite the files that name erased people as the ledger is now, and delete their old versions.

        A new version leaves out `everybody` who was ever erased: another erasure may work on the same file.
        """
        counts: Counter[str] = Counter()
        versions = self._objects.list_versions(schema.LAKE_PREFIX)
        for _, group in groupby(versions, key=lambda version: version.key):
            for version in list(group):
                lines = gzip.decompress(self._objects.read_version(version)).splitlines()
                events = [decode_event(line) for line in lines]
                covered = {event.id for event in events if tombstones.covers(event)}
                if not covered:
                    continue
                if version.is_latest:
                    self._replace_file(version.key, events, everybody)
                    counts["lake_events"] += len(covered)
                counts["lake_versions"] += self._objects.delete_versions([version])
        return counts

    def remove_datasets(self, first_at: str) -> Counter[str]:
        """Delete the datasets that know events since `first_at`, the oldest that was removed; none for ''."""
        counts: Counter[str] = Counter()
        for folder in self._list_datasets(first_at) if first_at else ():
            deleted = self._objects.delete_versions(list(self._objects.list_versions(folder)))
            counts["datasets"] += bool(deleted)
        return counts

    def _list_datasets(self, first_at: str) -> list[str]:
        return [
            version.key.removesuffix(MANIFEST_SUFFIX) + "/"
            for version in self._objects.list_versions(schema.DATASETS_PREFIX)
            if version.key.endswith(MANIFEST_SUFFIX)
            and version.is_latest
            and self._read_manifest(version).cutoff >= first_at
        ]

    def _read_manifest(self, version: ObjectVersion) -> DatasetManifest:
        return msgspec.json.decode(self._objects.read_version(version), type=DatasetManifest)

    def _replace_file(self, key: str, events: list[Event], tombstones: Tombstones) -> None:
        covered = {event.id for event in events if tombstones.covers(event)}
        kept = {event.id: event for event in self._ledger.read_events(sorted(covered))}
        remaining = [
            event
            for one in events
            if (event := kept.get(one.id) if one.id in covered else one)
            and not tombstones.covers(event)
        ]
        if remaining:
            content = b"".join(encode_event(event) + b"\n" for event in remaining)
            self._objects.put_object(key, gzip.compress(content, 6, mtime=0))
