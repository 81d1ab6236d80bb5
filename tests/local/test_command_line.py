"""The command line without a stack: faults in one sentence, and what needs no AWS."""

import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.cli import report
from infra.cli.console import table
from infra.cli.main import main
from infra.local import emulator, live, shop
from infra.local.assembly import Asset
from infra.local.faults import FaultError
from infra.local.omissions import without_omitted

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample() -> shop.Shop:
    return shop.opened(NOW)


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(emulator, "PROCESS", tmp_path / "process.json")


@pytest.mark.parametrize("command", [["status"], ["train"], ["verify"], ["keys", "list"]])
def test_command_says_make_up_when_nothing_runs(
    command: list[str], nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == 1
    said = capsys.readouterr().err
    assert "The local stack is not running." in said
    assert "make up" in said


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), ("{", "is not JSON")], ids=["missing", "broken"]
)
def test_invoke_names_the_event_file_when_unusable(
    content: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "event.json"
    if content is not None:
        file.write_text(content)
    assert main(["invoke", "build_dataset", "--event", str(file)]) == 1
    assert said in capsys.readouterr().err


def test_unknown_command_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as error:
        main(["dance"])
    assert error.value.code == 2


def test_record_of_another_process_is_not_taken_for_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = tmp_path / "process.json"
    record.write_text(json.dumps({"pid": 1, "port": 4566, "folder": "."}))
    monkeypatch.setattr(emulator, "PROCESS", record)
    assert emulator.running() is None


def test_taken_port_is_refused_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator, "_is_free", lambda _port: False)
    with pytest.raises(FaultError, match="Port 4570 is taken"):
        emulator.start(Path("nowhere"), 4570)


def test_template_loses_policies_and_what_waited_for_them() -> None:
    template = {
        "Resources": {
            "Policy": {"Type": "AWS::S3::BucketPolicy"},
            "Bucket": {"Type": "AWS::S3::Bucket", "DependsOn": ["Policy", "Role"]},
            "Role": {"Type": "AWS::IAM::Role", "DependsOn": "Policy"},
        }
    }
    kept = without_omitted(template)["Resources"]
    assert kept["Bucket"]["DependsOn"] == ["Role"]
    assert kept["Role"] == {"Type": "AWS::IAM::Role"}
    assert "Policy" in template["Resources"]


def test_asset_folder_is_zipped_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("infra.local.assembly.ZIPS", tmp_path / "zips")
    source = tmp_path / "asset"
    source.mkdir()
    (source / "handler.py").write_text("x = 1")
    file = Asset("abc.zip", source, "zip").file()
    (source / "handler.py").unlink()
    assert Asset("abc.zip", source, "zip").file() == file
    assert zipfile.ZipFile(file).namelist() == ["handler.py"]


def test_sample_ends_within_the_last_week(sample: shop.Shop) -> None:
    newest = max(datetime.fromisoformat(line["occurred_at"]) for line in sample.lines)
    assert timedelta(0) <= NOW - newest < timedelta(weeks=1)


def test_sample_moves_by_whole_weeks(sample: shop.Shop) -> None:
    # The shop never sold on a Saturday.
    weekdays = {datetime.fromisoformat(line["occurred_at"]).weekday() for line in sample.lines}
    assert weekdays == {0, 1, 2, 3, 4, 6}


def test_sample_names_nobody_real(sample: shop.Shop) -> None:
    assert all(line["email"].endswith("@example.com") for line in sample.lines)


def test_shopify_order_is_signed_over_its_bytes(sample: shop.Shop) -> None:
    post = live.order(sample, "secret", NOW)
    other = live.order(sample, "other", NOW)
    assert post.body == other.body
    assert post.headers["x-shopify-hmac-sha256"] != other.headers["x-shopify-hmac-sha256"]


def person(id_: str, spent: str, probability: float | None, **changes: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "churn": {"probability": probability, "band": changes.get("band", "high")},
        "lifecycle": {"stage": changes.get("stage", "at_risk")},
        "orders": {"count": changes.get("count", 3), "spent": [{"amount": spent}]},
    }


def test_worth_saving_ranks_by_money_at_stake() -> None:
    people = [person("a", "100.00", 0.5), person("b", "100.00", 0.9), person("c", "500.00", 0.4)]
    assert [one["id"] for one in report.worth_saving(people)] == ["c", "b", "a"]


@pytest.mark.parametrize("change", [{"band": "low"}, {"stage": "lost"}, {"count": 1}])
def test_worth_saving_leaves_out_the_safe_and_the_lost(change: dict[str, Any]) -> None:
    assert report.worth_saving([person("a", "100.00", 0.5, **change)]) == []


def test_table_aligns_numbers_to_the_right() -> None:
    assert table([("a", 5), ("bcd", 10)]) == ["  a     5", "  bcd  10"]
