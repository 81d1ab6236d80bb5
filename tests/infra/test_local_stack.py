"""The local stack without an emulator: its process record, its port, its template and its assets."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from infra.local import emulator, ports, start_lock
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
    monkeypatch.setattr(ports, "_is_free", lambda _port: False)
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


@pytest.fixture
def port_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    file = tmp_path / "port"
    monkeypatch.setattr(ports, "PORT_FILE", file)
    return file


def test_port_is_that_of_the_last_start(monkeypatch: pytest.MonkeyPatch, port_file: Path) -> None:
    monkeypatch.setattr(ports, "_is_free", lambda _port: True)
    assert ports.choose_port(None) == ports.DEFAULT_PORT
    assert ports.choose_port(4600) == 4600
    assert ports.choose_port(None) == 4600


def test_taken_port_is_replaced_by_a_free_one(
    monkeypatch: pytest.MonkeyPatch, port_file: Path
) -> None:
    port_file.write_text("4600")
    monkeypatch.setattr(ports, "_is_free", lambda port: port != 4600)
    monkeypatch.setattr(ports, "find_free_port", lambda: 4700)
    assert ports.choose_port(None) == 4700


@pytest.fixture
def lock_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    file = tmp_path / "start.lock"
    monkeypatch.setattr(start_lock, "START_LOCK_FILE", file)
    return file


def test_second_start_is_refused_with_the_holder(lock_file: Path) -> None:
    with start_lock.lock_start(), pytest.raises(CommandError, match=str(os.getpid())) as refused:
        start_lock.lock_start().__enter__()
    assert refused.value.code == start_lock.BUSY_CODE


def test_lock_of_a_dead_process_is_free(lock_file: Path) -> None:
    lock_file.write_text("999999999")
    with start_lock.lock_start():
        assert lock_file.read_text() == str(os.getpid())
