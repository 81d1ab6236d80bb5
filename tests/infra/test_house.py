"""Checks that the import contracts cover every function, and that continuous integration runs `make check`."""

import tomllib

from infra.constructs.functions import FUNCTIONS_FOLDER
from infra.layers import ROOT

PROJECT_CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
LIGHT_FUNCTIONS = {"archive_events", "import_history", "receive_webhook", "serve_profiles"}
LIGHT_FUNCTIONS |= {"detect_abandonment", "reconcile_sources", "track_events", "update_profiles"}
LIGHT_FUNCTIONS |= {"erase_person"}


def list_function_folders() -> set[str]:
    """Return the names of the function folders."""
    return {path.parent.name for path in FUNCTIONS_FOLDER.glob("*/handler.py")}


def find_contract(prefix: str) -> dict[str, list[str]]:
    """Return the import contract whose name has this prefix."""
    contracts = PROJECT_CONFIG["tool"]["importlinter"]["contracts"]
    (contract,) = (candidate for candidate in contracts if candidate["name"].startswith(prefix))
    return dict(contract)


def test_import_contracts_cover_every_function() -> None:
    covered_packages = set(PROJECT_CONFIG["tool"]["importlinter"]["root_packages"])
    assert covered_packages == list_function_folders() | {"regulars"}
    assert set(find_contract("functions share")["modules"]) == list_function_folders()


def test_latency_sensitive_functions_have_a_light_import_contract() -> None:
    assert set(find_contract("ingestion, streams and the API")["source_modules"]) == LIGHT_FUNCTIONS


def test_continuous_integration_runs_make_check() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert script.rstrip().endswith("exec make check")
