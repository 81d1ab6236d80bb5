"""Sends the messages of one buyer through a Python SDK, for each case. Its interpreter has that SDK alone.

python_sdk.py MODULE CASES, with the cases as JSON: host, key, user and timeoutSeconds of each, and options of the client.
"""

import importlib
import json
import sys
from typing import Any


def send_messages(client: Any, user: str) -> None:
    """Send one message of each kind."""
    traits = {"email": f"{user}@example.com"}
    client.identify(user, traits, anonymous_id=f"anonymous-{user}")
    client.track(user, "Order Completed", {"order_id": user, "total": 12.5, "currency": "EUR"})
    client.page(user, "Shop", "Home")
    client.screen(user, "Shop", "Main")
    client.group(user, "company", {"plan": "small"})
    client.alias(f"before-{user}", user)


def main(module: str, cases: list[dict[str, Any]]) -> None:
    """Run all cases concurrently, and wait until each is delivered or abandoned."""
    client_class = importlib.import_module(module).Client
    clients = []
    for case in cases:
        options = {"host": case["host"], "timeout": case["timeoutSeconds"], **case["options"]}
        clients.append(client_class(case["key"], **options))
        send_messages(clients[-1], case["user"])
    for client in clients:
        client.flush()
        client.join()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
