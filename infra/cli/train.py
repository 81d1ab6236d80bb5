"""Build a dataset, train the three models on it, score everybody, and say how each step ended."""

import argparse
import time
from collections.abc import Iterator
from typing import Any

from infra.cli import facts, options, stack
from infra.cli.console import Step, show, step, table
from infra.cli.invoke import invoked
from infra.cli.settling import settle
from infra.local.faults import FaultError
from regulars.domain.times import from_text

BUILD = "build_dataset"
SECONDS = 900  # as long as a function may run
STUCK = "See `regulars status` for dead letters, and `regulars logs FUNCTION`."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--stack and --json."""
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Train and show the outcomes."""
    found = trained(stack.chosen(arguments))
    show(found, lines(found), as_json=arguments.json)
    return 0


def trained(deployed: stack.Stack) -> dict[str, Any]:
    """Run the whole chain once; too little data is an outcome, not a fault."""
    if (
        deployed.local
    ):  # in an account the night is long enough, and reading the whole ledger costs money
        with step("Folding events into profiles") as current:
            settle(deployed, current)
    with step("Building the dataset"):
        built = _built(deployed)
    if built["status"] != "ok":
        return {"dataset": built, "trainings": {}, "scored_at": ""}
    dataset_id = built["dataset_id"]
    with step("Training segments, churn and recommender") as current:
        ended = _awaited_outcomes(deployed, dataset_id, current)
    with step("Scoring everybody"):
        scored_at = _awaited_scores(deployed, dataset_id)
    return {"dataset": built, "trainings": ended, "scored_at": scored_at}


def lines(found: dict[str, Any]) -> list[str]:
    """The outcomes as a table."""
    if not found["trainings"]:
        return [f"Nothing to learn from yet: {found['dataset']['reason']}"]
    rows = [(model, one["status"], one["reason"]) for model, one in found["trainings"].items()]
    return [f"Dataset {found['dataset']['dataset_id']}", *table(rows)]


def _built(deployed: stack.Stack) -> dict[str, Any]:
    answer = invoked(deployed, BUILD, {})
    if answer["error"]:
        advice = f"Run `regulars invoke {BUILD}` to see its log."
        raise FaultError(f"{BUILD} failed: {answer['payload']}", advice)
    return dict(answer["payload"])


def _outcomes(deployed: stack.Stack, dataset_id: str) -> dict[str, Any]:
    ended = facts.outcomes(deployed)
    return {model: one for model, one in ended.items() if one["dataset_id"] == dataset_id}


def _awaited_outcomes(deployed: stack.Stack, dataset_id: str, current: Step) -> dict[str, Any]:
    """Wait for every model's outcome; the note names those that are there."""
    found: dict[str, Any] = {}
    for _ in _looks():
        found = _outcomes(deployed, dataset_id)
        current.note(", ".join(f"{name} {one['status']}" for name, one in found.items()))
        if len(found) == len(facts.MODELS):
            return found
    missing = ", ".join(sorted(set(facts.MODELS) - set(found)))
    raise FaultError(f"No outcome of: {missing}.", STUCK)


def _awaited_scores(deployed: stack.Stack, dataset_id: str) -> str:
    """Wait for a scoring that began after the last outcome, so that every new champion had its say."""
    last = max(facts.outcome_times(deployed).values())
    for _ in _looks():
        as_of = str(facts.control(deployed, "segments").get("as_of", ""))
        _, _, scored_at = as_of.partition(" ")
        if scored_at and from_text(scored_at) >= last:
            return scored_at
    raise FaultError(f"Nobody was scored from {dataset_id}.", STUCK)


def _looks() -> Iterator[None]:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        yield
        time.sleep(0.5)
