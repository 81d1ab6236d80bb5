"""The house rules watch every function, and continuous integration runs what a developer runs."""

import tomllib

from infra.constructs.functions import FUNCTIONS_FOLDER
from infra.layers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LIGHT = {"archive_events", "import_history", "receive_webhook", "serve_profiles"}
LIGHT |= {"detect_abandonment", "reconcile_sources", "track_events", "update_profiles"}


def list_folders() -> set[str]:
    """The folders of the functions."""
    return {path.parent.name for path in FUNCTIONS_FOLDER.glob("*/handler.py")}


def find_contract(name: str) -> dict[str, list[str]]:
    """The import contract whose name begins like this."""
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    (matching,) = (entry for entry in contracts if entry["name"].startswith(name))
    return dict(matching)


def test_import_contracts_watch_every_function() -> None:
    watched = set(PROJECT["tool"]["importlinter"]["root_packages"])
    assert watched == list_folders() | {"regulars"}
    assert set(find_contract("functions share")["modules"]) == list_folders()


def test_functions_on_the_hot_path_are_kept_light() -> None:
    assert set(find_contract("doors, streams and the API")["source_modules"]) == LIGHT


def test_continuous_integration_runs_make_check() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert script.rstrip().endswith("exec make check")
