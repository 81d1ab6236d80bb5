"""Stub AWS with fixed replies, the same for a measured function and its baseline.

The CPU time of the stub is not counted: it runs in the measuring process.
"""

import json
import threading
import zlib
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from tests.benchmarks.runtime import QuietHandler, QuietServer

type Reply = Callable[[dict[str, Any]], dict[str, Any]]


class AwsStub:
    """A stub of AWS; `replies` maps the name of an operation, such as `GetItem`, to its response."""

    def __init__(self, replies: Mapping[str, Reply]) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._server = QuietServer(("127.0.0.1", 0), self._create_handler_class(replies))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        """Return the stub."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make the SDK call this stub."""
        return {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._server.server_port}"}

    def _create_handler_class(self, replies: Mapping[str, Reply]) -> type[QuietHandler]:
        calls = self.calls

        class StubHandler(QuietHandler):
            def do_POST(self) -> None:  # noqa: N802 (the name is given by http.server)
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                operation = self.headers["X-Amz-Target"].rpartition(".")[2]
                calls.append((operation, request))
                body = json.dumps(replies[operation](request)).encode()
                # DynamoDB sends a checksum and the SDK verifies it: that is part of the cost of a call.
                headers = {
                    "Content-Type": "application/x-amz-json-1.0",
                    "x-amz-crc32": str(zlib.crc32(body)),
                }
                self.send_answer(200, body, headers)

        return StubHandler
