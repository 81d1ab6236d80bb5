"""The import contracts of learning cover every predictor and every module that scores."""

import tomllib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
LAYER = ROOT / "layers/regulars/python"
LEARNING = LAYER / "regulars/learning"
IMPORT_CONTRACTS: dict[str, dict[str, Any]] = {
    contract["name"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}
PLAIN_MODULES = IMPORT_CONTRACTS["scorers are plain Python"]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(LAYER).with_suffix("").parts)


def find_scoring_modules() -> list[str]:
    """Return the modules that a function without the science libraries may import."""
    return sorted(
        module_name(path)
        for path in LEARNING.rglob("*.py")
        if path.stem in {"scorer", "reasons"} or path.stem.endswith("_scorer")
    )


def find_predictors() -> list[str]:
    """Return the packages that hold a trainer."""
    return sorted(module_name(path.parent) for path in LEARNING.glob("*/trainer.py"))


def matches_pattern(module: str, pattern: str) -> bool:
    """Return whether a module matches; as in import-linter, `*` stands for exactly one name."""
    names, patterns = module.split("."), pattern.split(".")
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))


def matches_any(module: str, patterns: Iterable[str]) -> bool:
    return any(matches_pattern(module, pattern) for pattern in patterns)


@pytest.mark.parametrize("module", find_scoring_modules())
def test_module_that_scores_is_plain_python_by_contract(module: str) -> None:
    assert matches_any(module, PLAIN_MODULES["source_modules"])


@pytest.mark.parametrize(
    "pattern", [name for name in PLAIN_MODULES["source_modules"] if ".learning." in name]
)
def test_pattern_of_the_plain_contract_matches_a_module(pattern: str) -> None:
    assert any(matches_pattern(module, pattern) for module in find_scoring_modules())


@pytest.mark.parametrize("predictor", find_predictors())
@pytest.mark.parametrize(
    ("contract", "key"),
    [
        ("predictors share code through learning, never with each other", "modules"),
        ("models do no input or output", "source_modules"),
    ],
)
def test_predictor_is_independent_and_does_no_io_by_contract(
    predictor: str, contract: str, key: str
) -> None:
    assert predictor in IMPORT_CONTRACTS[contract][key]


def test_every_predictor_has_a_plain_scorer() -> None:
    assert find_predictors()
    assert {f"{predictor}.scorer" for predictor in find_predictors()} <= set(find_scoring_modules())
