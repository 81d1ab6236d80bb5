"""Build a dataset, train the three models on it, score all persons, and show how each step ended."""

import argparse

import msgspec

from infra.cli import options
from infra.cli.stack import select_stack
from infra.cli.steps import TrainingResult, train_models
from infra.cli.terminal import format_table, print_result


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --stack and --json."""
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Train and print the outcomes."""
    result = train_models(select_stack(arguments))
    print_result(msgspec.to_builtins(result), _to_lines(result), as_json=arguments.json)
    return 0


def _to_lines(result: TrainingResult) -> list[str]:
    if not result.trainings:
        return [f"There is too little data to learn from: {result.dataset.reason}"]
    rows = [(model, outcome.status, outcome.reason) for model, outcome in result.trainings.items()]
    return [f"Dataset {result.dataset.dataset_id}", *format_table(rows)]
