"""Reads the cloud assembly of CDK, its template and its assets, and zips each asset once per content hash."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.errors import CommandError
from infra.local.places import ZIP_FOLDER

# ZIP cannot express a time before 1980; a fixed one makes equal content equal bytes.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Asset:
    """One file of the asset bucket, and its source on this machine."""

    key: str
    source: Path
    packaging: str  # zip: a folder to be zipped | file: uploaded as it is

    def prepare_file(self) -> Path:
        """Return the file to upload; a folder is zipped the first time."""
        if self.packaging != "zip" or self.source.is_file():
            return self.source
        target = ZIP_FOLDER / self.key
        if not target.exists():
            _zip_folder(self.source, target)
        return target


@dataclass(frozen=True)
class Assembly:
    """What `python -m infra.app` wrote."""

    folder: Path

    def read_template(self) -> dict[str, Any]:
        """Return the template of the one stack."""
        return dict(json.loads(self._find_file("*.template.json").read_text()))

    def list_assets(self) -> Iterator[Asset]:
        """Yield all assets but the template, which is uploaded without the omitted resources."""
        manifest = json.loads(self._find_file("*.assets.json").read_text())
        for entry in manifest["files"].values():
            source = self.folder / entry["source"]["path"]
            if not source.name.endswith(".template.json"):
                (destination,) = entry["destinations"].values()
                yield Asset(destination["objectKey"], source, entry["source"]["packaging"])

    def _find_file(self, pattern: str) -> Path:
        paths = sorted(self.folder.glob(pattern))
        if len(paths) != 1:
            raise CommandError(
                f"{self.folder} holds no synthesized stack.",
                "Run `make synth` and read its output.",
            )
        return paths[0]


def _zip_folder(folder: Path, target: Path) -> None:
    """Zip a folder without compression: every cold start unzips it, and it stays on this machine."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".unfinished")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), ZIP_TIME)
            entry.external_attr = path.stat().st_mode << 16
            archive.writestr(entry, path.read_bytes())
    unfinished.rename(target)
