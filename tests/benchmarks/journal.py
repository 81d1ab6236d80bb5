"""Measure what the journal of the local stack costs: the throughput of the emulator with it, beside the bare emulator.

Run `python -m tests.benchmarks.journal`. Both processes run at once and take turns, so that a busy machine slows both.
"""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import urllib3
from botocore.config import Config

from infra.local import access, emulator
from infra.local.installation import INTERPRETER
from infra.local.ports import HOST, find_free_port

ROUNDS = 7
CALLS = 150  # of one round
THREAD_COUNTS = (1, 8)
ITEM_BYTES = 1000
OBJECT_BYTES = 20_000
READY_SECONDS = 60

type Call = Callable[[int], Any]


def main() -> None:
    """Print the throughput of both and their ratio for each kind of call."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        endpoints = {
            name: stack.enter_context(run_emulator(Path(folder) / name, module))
            for name, module in (("bare", "ministack"), ("journal", "infra.local.journal"))
        }
        calls = {name: prepare_calls(endpoint) for name, endpoint in endpoints.items()}
        for kind in calls["bare"]:
            for threads in THREAD_COUNTS:
                pair = {name: calls[name][kind] for name in calls}
                print(f"{kind}, {threads} at once: {compare_calls(pair, threads)}")  # noqa: T201


def compare_calls(calls: dict[str, Call], concurrency: int) -> str:
    """Return the medians of calls a second, and the median of the ratios of the rounds."""
    rounds = [
        {name: measure_rate(call, concurrency) for name, call in calls.items()}
        for _ in range(ROUNDS)
    ]
    bare = statistics.median(rates["bare"] for rates in rounds)
    journal = statistics.median(rates["journal"] for rates in rounds)
    ratio = statistics.median(rates["journal"] / rates["bare"] for rates in rounds)
    return f"{bare:.0f} bare, {journal:.0f} with the journal, ratio {ratio:.2f}"


def measure_rate(call: Call, concurrency: int) -> float:
    """Return the number of calls a second in one round."""
    began = time.perf_counter()
    with ThreadPoolExecutor(concurrency) as pool:
        list(pool.map(call, range(CALLS)))
    return CALLS / (time.perf_counter() - began)


def prepare_calls(endpoint: str) -> dict[str, Call]:
    """Create a table with a stream and a bucket; return a call that stores an item, and one that stores an object."""
    table = create_client("dynamodb", endpoint)
    table.create_table(
        TableName="measured",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    bucket = create_client("s3", endpoint)
    region = {"LocationConstraint": emulator.REGION}
    bucket.create_bucket(Bucket="measured", CreateBucketConfiguration=region)
    ids = count()
    text = {"S": "x" * ITEM_BYTES}
    return {
        "PutItem of 1 KB in a table with a stream": lambda _: table.put_item(
            TableName="measured", Item={"id": {"S": str(next(ids))}, "text": text}
        ),
        "PutObject of 20 KB": lambda _: bucket.put_object(
            Bucket="measured", Key=f"{next(ids)}.txt", Body=b"x" * OBJECT_BYTES
        ),
    }


def create_client(service: Any, endpoint: str) -> Any:
    """Return a client of one emulator; the variables of this process name none."""
    variables = access.build_access_variables(endpoint)
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=emulator.REGION,
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        config=Config(max_pool_connections=max(THREAD_COUNTS)),
    )


@contextmanager
def run_emulator(folder: Path, module: str) -> Iterator[str]:
    """Run the emulator with its data in a folder; yield its endpoint."""
    (folder / "tmp").mkdir(parents=True)
    port = find_free_port()
    environment = emulator.build_environment(port, folder) | {"TMPDIR": str(folder / "tmp")}
    arguments = [] if module == "ministack" else [str(folder), str(folder / "process.json")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  (the emulator of this project)
            [INTERPRETER, "-m", module, *arguments],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    try:
        endpoint = f"http://{HOST}:{port}"
        await_endpoint(endpoint)
        yield endpoint
    finally:
        process.terminate()
        process.wait()


def await_endpoint(endpoint: str) -> None:
    """Wait until an emulator answers."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            urllib3.request("GET", f"{endpoint}/_ministack/ready", timeout=2, retries=False)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(endpoint)


if __name__ == "__main__":
    main()
