"""Dataset and trainings on the whole of UCI Online Retail and on ten times its rows: time, memory and quality."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.benchmarks.online_retail import FILE
from tests.benchmarks.rows import Row, bounded, compared, quality, skipped
from tests.benchmarks.sandbox import ROOT

STEPS = ("dataset", "segments", "churn", "recommender")
COPIES = 10
CORES = 2
SECONDS, TIMES, MIB = 45, 12, 2048

type Told = dict[str, dict[str, Any]]


def rows() -> Iterator[Row]:
    """Seconds and memory on the whole file, and on ten shops like it together."""
    if not FILE.exists():
        yield skipped("dataset and trainings", "s", f"{FILE.name} is not here")
        return
    once, ten = learnt(1), learnt(COPIES)
    yield bounded("dataset and trainings, Online Retail", _seconds(once), "s", SECONDS)
    cpu = sum(float(once[step]["cpu_seconds"]) for step in STEPS)
    yield bounded("dataset and trainings, Online Retail", cpu, "s CPU", None)
    yield bounded("peak memory, Online Retail", _peak(once), "MiB", MIB)
    for step in STEPS:
        yield compared(
            f"{step}, Online Retail x{COPIES}", _seconds(ten, step), "s", _seconds(once, step), None
        )
    times = f"dataset and trainings, Online Retail x{COPIES}"
    yield compared(times, _seconds(ten), "s", _seconds(once), TIMES)
    yield bounded(f"peak memory, Online Retail x{COPIES}", _peak(ten), "MiB", None)


def quality_rows() -> Iterator[Row]:
    """What the models find in the shop's last window, beside the plain rules named, on the same people."""
    if not FILE.exists():
        yield skipped("quality", "", f"{FILE.name} is not here")
        return
    told = learnt(1)
    churn = told["churn"]["found"]["metrics"]
    rule = churn["recency_rule"]
    yield quality("churn AUC, beside the recency rule", churn["auc"], rule["auc"])
    yield quality("churn Brier, beside the recency rule", churn["brier"], rule["brier"], less=True)
    found = told["recommender"]["found"]["metrics"]
    for mode, peer in (("new", "popularity"), ("all", "popularity"), ("all", "frequency")):
        name = f"recommender {mode} NDCG@10, beside {peer}"
        yield quality(name, found[mode]["ndcg10"], found[peer][mode]["ndcg10"])
    yield Row("recommender new coverage@10", found["new"]["coverage"], "share")


@cache
def learnt(copies: int) -> Told:
    """What each step took and found, one process after the other."""
    with tempfile.TemporaryDirectory() as folder:
        return {step: _step(step, folder, copies) for step in ("lake", *STEPS)}


def _step(step: str, folder: str, copies: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.learning_job", step, folder, str(copies)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(CORES))
    done = subprocess.run(  # noqa: S603 (our own module)
        command, cwd=ROOT, env={**os.environ, **threads}, stdout=subprocess.PIPE, check=True
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _seconds(told: Told, *steps: str) -> float:
    return sum(float(told[step]["seconds"]) for step in steps or STEPS)


def _peak(told: Told) -> float:
    return max(float(told[step]["peak_mib"]) for step in STEPS)
