"""The sample shop on this machine: import, live events, training, scores, and what a founder wants to see of them."""

import argparse
import io
import json
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime

from infra.cli import connections, logs, report, told, train, up
from infra.cli.api import Api
from infra.cli.console import say, show, step
from infra.cli.import_file import imported
from infra.cli.init import first_keys
from infra.cli.stack import Stack
from infra.local import emulator, live, shop
from infra.local.faults import FaultError
from infra.local.places import BUILD, FLEETING, LOCAL, LOG
from regulars.store import schema

KEY = schema.upload_key("online_retail.csv")
FUNCTIONS_LOG = LOCAL / "functions.log"
TERMINATED = 143
HURRY_SECONDS = 3.0  # nothing of a demo is kept


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--once and --port."""
    parser.add_argument(
        "--once", action="store_true", help="exit after printing; the facts are in build/demo.json"
    )
    up.add_port(parser)


def run(arguments: argparse.Namespace) -> int:
    """Play the whole demo, then serve until Ctrl-C."""
    began = time.monotonic()
    LOCAL.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    up.prepare()
    _make_room()
    try:
        deployed = up.deploy(up.started(FLEETING, arguments.port))
        show({}, _played_or_explained(deployed, began), as_json=False)
        if not arguments.once:
            _serve()
    finally:
        with step("Stopping the local AWS"):
            emulator.stop(patience=HURRY_SECONDS)
            emulator.discard(FLEETING)
    return 0


def played(deployed: Stack, began: float) -> list[str]:
    """Fill the deployed stack, learn from it, write the facts and return them in words."""
    now = datetime.now(UTC)
    sample = shop.opened(now)
    keys = first_keys(deployed, FLEETING / "keys.json")
    api = Api(deployed.api_url, keys)
    _import(deployed, sample)
    _live(deployed, api, sample, now)
    train.trained(deployed)
    with step("Asking the API"):
        found = report.gathered(deployed, api, sample)
    urls = told.urls(api.url, found)
    document = report.document(found, urls, time.monotonic() - began)
    (BUILD / "demo.json").write_text(json.dumps(document, indent=2))
    return [*told.lines(found, api, urls), "", f"All this took {document['seconds']} s."]


def _played_or_explained(deployed: Stack, began: float) -> list[str]:
    """Play; when that fails, keep what the functions logged, because the stack will be gone."""
    try:
        return played(deployed, began)
    except Exception:
        logs.keep(deployed, FUNCTIONS_LOG)
        say(f"What the functions logged is in {FUNCTIONS_LOG}; the local AWS's own log is {LOG}.")
        raise


def _make_room() -> None:
    """Replace a previous run; what `up` holds is saved and comes back with the next `make up`."""
    running = emulator.running()
    if running:
        say("The stack that was running is stopped; what `make up` held is kept.")
        emulator.stop()
    emulator.discard(FLEETING)


def _import(deployed: Stack, sample: shop.Shop) -> None:
    say(
        f"The sample shop: UCI Online Retail (CC BY 4.0), made-up e-mails, all dates moved by {sample.weeks} "
        f"weeks so that its last order was on {sample.last_order}."
    )
    with step(f"Importing {len(sample.lines)} order lines through S3") as current:
        answer = imported(deployed, KEY, io.BytesIO(sample.file), current)
    if answer["imported"] == 0:
        raise FaultError("The sample was not imported.", f"The report says: {answer}")


def _live(deployed: Stack, api: Api, sample: shop.Shop, now: datetime) -> None:
    shopify = connections.created(deployed, "shopify", live.SHOPIFY_SOURCE)
    form = connections.created(deployed, "form", live.FORM_SOURCE)
    posts = [
        live.batch(sample, api.keys["write"], now),
        live.order(sample, shopify, now),
        live.form(form),
    ]
    for post in posts:
        with step(f"Sending {post.title} to {post.path.partition('?')[0]}"):
            api.send(post)


def _serve() -> None:
    say("Serving until Ctrl-C.")
    with suppress(KeyboardInterrupt):
        while emulator.running():
            time.sleep(1)
    say()
