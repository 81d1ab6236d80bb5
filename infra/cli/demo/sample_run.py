"""Runs the demo: imports the sample shop, sends live events, trains, and prints the report."""

import io
import json
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.cli import local_stack
from infra.cli.demo import report, report_text
from infra.cli.demo.api_client import ApiClient
from infra.cli.first_keys import load_local_keys
from infra.cli.stack import Stack
from infra.cli.steps import UploadStep, import_upload, train_models
from infra.cli.terminal import print_message, print_result, show_step
from infra.local import emulator, sample_deliveries, sample_shop
from infra.local.errors import CommandError
from infra.local.places import BUILD_FOLDER, DEMO_DATA_FOLDER, LOCAL_FOLDER, LOG_FILE
from infra.local.sample_shop import SampleShop
from infra.local.start_lock import lock_start
from regulars.admin.deployment import Deployment
from regulars.admin.function_logs import FunctionLogs
from regulars.admin.sources import SourceStores, create_source
from regulars.store import schema

UPLOAD_KEY = schema.upload_key("online_retail.csv")
FUNCTIONS_LOG = LOCAL_FOLDER / "functions.log"
LOGGED_TIME = timedelta(days=1)
TERMINATED_CODE = 143
STOP_SECONDS = 3.0  # the data of a demo is not kept, so it need not be saved


def run_demo(port: int | None, *, once: bool) -> None:
    """Start a stack of its own, run the demo, and serve until Ctrl-C unless it is to end `once` it has printed."""
    began = time.monotonic()
    LOCAL_FOLDER.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED_CODE))
    try:
        stack = _start_stack(port)
        print_result({}, _run_or_save_logs(stack, began), as_json=False)
        if not once:
            _serve_until_interrupted()
    finally:
        with show_step("Stopping the local AWS"):
            emulator.stop_emulator(STOP_SECONDS)
            emulator.discard_folder(DEMO_DATA_FOLDER)


def _start_stack(port: int | None) -> Stack:
    with lock_start():
        local_stack.prepare_stack()
        _stop_previous_stack()
        return local_stack.deploy_stack(local_stack.start_emulator(DEMO_DATA_FOLDER, port))


def run_sample_shop(stack: Stack, began: float) -> list[str]:
    """Fill the stack, train the models, write build/demo.json, and return the report in lines."""
    now, deployment = datetime.now(UTC), stack.deployment
    shop = sample_shop.open_shop(now)
    client = ApiClient(
        deployment.api_url, load_local_keys(deployment, DEMO_DATA_FOLDER / "keys.json")
    )
    _import_history(deployment, shop)
    _send_live_events(deployment, client, shop, now)
    train_models(stack)
    with show_step("Reading the report from the API"):
        facts = report.gather_facts(deployment, client, shop)
    urls = report_text.list_urls(client.url, facts)
    document = report.build_document(facts, urls, time.monotonic() - began)
    (BUILD_FOLDER / "demo.json").write_text(json.dumps(document, indent=2))
    lines = report_text.describe_facts(facts, client, urls)
    return [*lines, "", f"The whole demo took {document['seconds']} s."]


def _run_or_save_logs(stack: Stack, began: float) -> list[str]:
    """Run the sample shop; when that fails, save the logs of the functions before the stack is gone."""
    try:
        return run_sample_shop(stack, began)
    except Exception:
        # Any step may fail, also by a bug. The logs that explain it are discarded with the stack; the error is raised again.
        _save_logs(stack.deployment, FUNCTIONS_LOG)
        print_message(
            f"The logs of the functions are in {FUNCTIONS_LOG}; the log of the local AWS is {LOG_FILE}."
        )
        raise


def _save_logs(deployment: Deployment, file: Path) -> None:
    logs, since = FunctionLogs(deployment), datetime.now(UTC) - LOGGED_TIME
    with file.open("w") as output:
        for function in sorted(deployment.functions):
            output.writelines(f"{function}: {line}\n" for line in logs.read(function, since))


def _stop_previous_stack() -> None:
    """Stop a stack that runs; the data of `up` is saved and comes back with the next `make up`."""
    running = emulator.find_running()
    if running:
        print_message("The stack that was running is stopped; the data of `make up` is kept.")
        emulator.stop_emulator()
    emulator.discard_folder(DEMO_DATA_FOLDER)


def _import_history(deployment: Deployment, shop: SampleShop) -> None:
    print_message(
        f"The sample shop: UCI Online Retail (CC BY 4.0), made-up e-mails, all dates moved by {shop.weeks} "
        f"weeks so that its last order was on {shop.last_order}."
    )
    upload = UploadStep(
        title=f"Importing {len(shop.lines)} order lines through S3",
        key=UPLOAD_KEY,
        content=io.BytesIO(shop.csv_file),
    )
    imported = import_upload(deployment, upload)
    if imported["imported"] == 0:
        raise CommandError("The sample was not imported.", f"The report says: {imported}")


def _send_live_events(
    deployment: Deployment, client: ApiClient, shop: SampleShop, now: datetime
) -> None:
    stores = SourceStores.from_deployment(deployment)
    shopify_secret = create_source(stores, "shopify", sample_deliveries.SHOPIFY_SOURCE)
    form_secret = create_source(stores, "form", sample_deliveries.FORM_SOURCE)
    deliveries = [
        sample_deliveries.build_batch(shop, client.keys["browser"], now),
        sample_deliveries.build_order(shop, shopify_secret, now),
        sample_deliveries.build_form(form_secret),
    ]
    for delivery in deliveries:
        with show_step(f"Sending {delivery.title} to {delivery.path.partition('?')[0]}"):
            client.send_delivery(delivery)


def _serve_until_interrupted() -> None:
    print_message("Serving until Ctrl-C.")
    with suppress(KeyboardInterrupt):
        while emulator.find_running():
            time.sleep(1)
    print_message()
