"""The house rules watch every function, and continuous integration runs what a developer runs."""

import tomllib

from infra.constructs.functions import FUNCTIONS_FOLDER
from infra.layers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LIGHT = {"archive_events", "import_history", "receive_webhook", "serve_profiles"}
LIGHT |= {"detect_abandonment", "reconcile_sources", "track_events", "update_profiles"}


def folders() -> set[str]:
    """The folders of the functions."""
    return {path.parent.name for path in FUNCTIONS_FOLDER.glob("*/handler.py")}


def contract(name: str) -> dict[str, list[str]]:
    """The import contract whose name begins like this."""
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    (found,) = (one for one in contracts if one["name"].startswith(name))
    return dict(found)


def test_import_contracts_watch_every_function() -> None:
    watched = set(PROJECT["tool"]["importlinter"]["root_packages"])
    assert watched == folders() | {"regulars"}
    assert set(contract("functions share")["modules"]) == folders()


def test_functions_on_the_hot_path_are_kept_light() -> None:
    assert set(contract("doors, streams and the API")["source_modules"]) == LIGHT


def test_continuous_integration_runs_make_check() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert script.rstrip().endswith("exec make check")
