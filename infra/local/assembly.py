"""The cloud assembly that CDK synthesized: its template and its assets, each asset zipped once per content hash."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.faults import FaultError
from infra.local.places import ZIPS

# ZIP cannot express a time before 1980; a fixed one makes equal content equal bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Asset:
    """One file of the asset bucket, and where it comes from on this machine."""

    key: str
    source: Path
    packaging: str  # zip: a folder to be zipped | file: uploaded as it is

    def file(self) -> Path:
        """The file to upload; a folder is zipped the first time."""
        if self.packaging != "zip" or self.source.is_file():
            return self.source
        target = ZIPS / self.key
        if not target.exists():
            _zip(self.source, target)
        return target


@dataclass(frozen=True)
class Assembly:
    """What `python -m infra.app` wrote."""

    folder: Path

    def template(self) -> dict[str, Any]:
        """The one stack's template."""
        return dict(json.loads(self._single("*.template.json").read_text()))

    def assets(self) -> Iterator[Asset]:
        """All assets but the template itself, which is uploaded less its omissions."""
        manifest = json.loads(self._single("*.assets.json").read_text())
        for listed in manifest["files"].values():
            source = self.folder / listed["source"]["path"]
            if not source.name.endswith(".template.json"):
                (destination,) = listed["destinations"].values()
                yield Asset(destination["objectKey"], source, listed["source"]["packaging"])

    def _single(self, pattern: str) -> Path:
        found = sorted(self.folder.glob(pattern))
        if len(found) != 1:
            raise FaultError(
                f"{self.folder} holds no synthesized stack.",
                "Run `make synth` and read what it says.",
            )
        return found[0]


def _zip(folder: Path, target: Path) -> None:
    """Zip a folder without compressing it: every cold start unzips it, and nothing travels far."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".unfinished")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), EPOCH)
            entry.external_attr = path.stat().st_mode << 16
            archive.writestr(entry, path.read_bytes())
    unfinished.rename(target)
