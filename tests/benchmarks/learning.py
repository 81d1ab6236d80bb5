"""Measure time, memory and quality of the dataset and the trainings on UCI Online Retail and on ten times its rows."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.benchmarks.online_retail import read_sales
from tests.benchmarks.rows import (
    BenchmarkRow,
    create_bounded_row,
    create_quality_row,
    create_ratio_row,
)
from tests.benchmarks.sandbox import ROOT

STEPS = ("dataset", "segments", "churn", "recommender")
COPIES = 10
LARGE_CATALOGUE_PRODUCTS = 100_000
CORES = 2
MAX_SECONDS, MAX_TIME_RATIO, MAX_PEAK_MIB = 45, 12, 2048

type StepResults = dict[str, dict[str, Any]]


def measure_learning() -> Iterator[BenchmarkRow]:
    """Measure seconds and memory on the whole file, and on ten such shops together."""
    once, ten = run_learning_steps(1), run_learning_steps(COPIES)
    yield create_bounded_row(
        "dataset and trainings, Online Retail", _sum_seconds(once), "s", MAX_SECONDS
    )
    cpu = sum(float(once[step]["cpu_seconds"]) for step in STEPS)
    yield create_bounded_row("dataset and trainings, Online Retail", cpu, "s CPU", None)
    yield create_bounded_row(
        "peak memory, Online Retail", _measure_peak_mib(once), "MiB", MAX_PEAK_MIB
    )
    for step in STEPS:
        yield create_ratio_row(
            f"{step}, Online Retail x{COPIES}",
            _sum_seconds(ten, step),
            "s",
            _sum_seconds(once, step),
            None,
        )
    times = f"dataset and trainings, Online Retail x{COPIES}"
    yield create_ratio_row(times, _sum_seconds(ten), "s", _sum_seconds(once), MAX_TIME_RATIO)
    yield create_bounded_row(
        f"peak memory, Online Retail x{COPIES}", _measure_peak_mib(ten), "MiB", None
    )
    large = _run_step("catalogue", "", LARGE_CATALOGUE_PRODUCTS)
    name = f"recommender of {LARGE_CATALOGUE_PRODUCTS} products"
    yield create_bounded_row(f"{name}: fit and export", large["cpu_seconds"], "s CPU", None)
    yield create_bounded_row(f"{name}: peak memory", large["peak_mib"], "MiB", MAX_PEAK_MIB)


def measure_quality() -> Iterator[BenchmarkRow]:
    """Measure the models in the last window of the shop, beside plain rules on the same people."""
    results = run_learning_steps(1)
    churn = results["churn"]["details"]["metrics"]
    rule = churn["recency_rule"]
    yield create_quality_row("churn AUC, beside the recency rule", churn["auc"], rule["auc"])
    yield create_quality_row(
        "churn Brier, beside the recency rule", churn["brier"], rule["brier"], less_is_better=True
    )
    recommender = results["recommender"]["details"]["metrics"]
    for mode, peer in (("new", "popularity"), ("all", "popularity"), ("all", "frequency")):
        name = f"recommender {mode} NDCG@10, beside {peer}"
        yield create_quality_row(
            name, recommender[mode]["ndcg10"], recommender[peer][mode]["ndcg10"]
        )
    yield BenchmarkRow(
        name="recommender new coverage@10", value=recommender["new"]["coverage"], unit="share"
    )


@cache
def run_learning_steps(copies: int) -> StepResults:
    """Run each step in its own process, one after the other; return what each took and found."""
    read_sales()  # here, so that a missing file skips the suite and does not fail a step
    with tempfile.TemporaryDirectory() as folder:
        return {step: _run_step(step, folder, copies) for step in ("lake", *STEPS)}


def _run_step(step: str, folder: str, copies: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.learning_job", step, folder, str(copies)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(CORES))
    done = subprocess.run(  # noqa: S603 (our own module)
        command, cwd=ROOT, env={**os.environ, **threads}, stdout=subprocess.PIPE, check=True
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _sum_seconds(results: StepResults, *steps: str) -> float:
    return sum(float(results[step]["seconds"]) for step in steps or STEPS)


def _measure_peak_mib(results: StepResults) -> float:
    return max(float(results[step]["peak_mib"]) for step in STEPS)
