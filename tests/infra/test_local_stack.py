"""The local stack without an emulator: its process record, its port, its template and its assets."""

import json
import zipfile
from pathlib import Path

import pytest

from infra.local import emulator
from infra.local.assembly import Asset
from infra.local.errors import CommandError
from infra.local.omitted_resources import remove_omitted


def test_record_of_another_process_is_not_taken_for_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = tmp_path / "process.json"
    record.write_text(json.dumps({"pid": 1, "port": 4566, "folder": "."}))
    monkeypatch.setattr(emulator, "PROCESS_FILE", record)
    assert emulator.find_running() is None


def test_taken_port_is_refused_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator, "_is_free", lambda _port: False)
    with pytest.raises(CommandError, match="Port 4570 is taken"):
        emulator.start_emulator(Path("nowhere"), 4570)


def test_template_loses_policies_and_what_depends_on_them() -> None:
    template = {
        "Resources": {
            "Policy": {"Type": "AWS::S3::BucketPolicy"},
            "Bucket": {"Type": "AWS::S3::Bucket", "DependsOn": ["Policy", "Role"]},
            "Role": {"Type": "AWS::IAM::Role", "DependsOn": "Policy"},
        }
    }
    reduced = remove_omitted(template)["Resources"]
    assert reduced["Bucket"]["DependsOn"] == ["Role"]
    assert reduced["Role"] == {"Type": "AWS::IAM::Role"}
    assert "Policy" in template["Resources"]


def test_asset_folder_is_zipped_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("infra.local.assembly.ZIP_FOLDER", tmp_path / "zips")
    source = tmp_path / "asset"
    source.mkdir()
    (source / "handler.py").write_text("x = 1")
    file = Asset("abc.zip", source, "zip").prepare_file()
    (source / "handler.py").unlink()
    assert Asset("abc.zip", source, "zip").prepare_file() == file
    assert zipfile.ZipFile(file).namelist() == ["handler.py"]
