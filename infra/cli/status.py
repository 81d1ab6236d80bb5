"""What is stored, the last dataset and training, champion versions, what was fetched, rejects and dead letters."""

import argparse
from typing import Any

from infra.cli import facts, fetched, options, stack
from infra.cli.console import show, step, table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--stack and --json."""
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look everything up and show it."""
    deployed = stack.chosen(arguments)
    with step("Looking"):
        found = looked_up(deployed)
    show(found, _lines(found), as_json=arguments.json)
    return 0


def looked_up(deployed: stack.Stack) -> dict[str, Any]:
    """All facts of the status."""
    return {
        "stack": deployed.name,
        "api": deployed.api_url,
        "counts": facts.counts(deployed),
        "dataset": facts.control(deployed, "dataset"),
        "trainings": facts.outcomes(deployed),
        "champions": facts.champions(deployed),
        "fetched": fetched.all_sources(deployed),
        "rejects": facts.rejects(deployed),
        "dead_letters": facts.dead_letters(deployed),
    }


def _lines(found: dict[str, Any]) -> list[str]:
    letters = {name: count for name, count in found["dead_letters"].items() if count}
    return [
        f"{found['stack']} at {found['api']}",
        *_section("Stored", found["counts"].items()),
        *_section("Last dataset", [(found["dataset"].get("dataset_id", "none yet"),)]),
        *_section("Last trainings", [_training(*pair) for pair in found["trainings"].items()]),
        *_section(
            "Champions", [(name, one["version"]) for name, one in found["champions"].items()]
        ),
        *_section(
            "Fetched from providers",
            [(name, fetched.words(told)) for name, told in found["fetched"].items()],
        ),
        *_section("Refused or set aside in 30 days", found["rejects"].items()),
        *_section("Dead letters", letters.items()),
    ]


def _training(model: str, outcome: dict[str, Any]) -> tuple[str, str, str]:
    promoted = "promoted" if outcome["promoted"] else "not promoted"
    return model, f"{outcome['status']}, {promoted}", outcome["reason"]


def _section(title: str, rows: Any) -> list[str]:
    listed = [tuple(row) for row in rows]
    return [title, *(table(listed) if listed else ["  none"])]
