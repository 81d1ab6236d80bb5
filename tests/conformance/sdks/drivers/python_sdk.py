"""Tells one buyer's story through a Python SDK, once for every case: run by an interpreter that has that SDK alone.

python_sdk.py MODULE CASES, with the cases as JSON: host, key, user and patience of each, and options of the client.
"""

import importlib
import json
import sys
from typing import Any


def told(client: Any, user: str) -> None:
    """Every kind of message there is."""
    traits = {"email": f"{user}@example.com"}
    client.identify(user, traits, anonymous_id=f"anonymous-{user}")
    client.track(user, "Order Completed", {"order_id": user, "total": 12.5, "currency": "EUR"})
    client.page(user, "Shop", "Home")
    client.screen(user, "Shop", "Main")
    client.group(user, "company", {"plan": "small"})
    client.alias(f"before-{user}", user)


def main(module: str, cases: list[dict[str, Any]]) -> None:
    """Tell all cases side by side, and wait until each is delivered or given up."""
    make = importlib.import_module(module).Client
    clients = []
    for case in cases:
        options = {"host": case["host"], "timeout": case["patience"], **case.get("options", {})}
        clients.append(make(case["key"], **options))
        told(clients[-1], case["user"])
    for client in clients:
        client.flush()
        client.join()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
