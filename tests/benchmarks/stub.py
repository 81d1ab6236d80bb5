"""A stand-in for AWS that answers at once from what it was given: the same for what is measured and its baseline.

Its own CPU is not counted: it runs in the measuring process.
"""

import json
import threading
import zlib
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from tests.benchmarks.runtime import Quiet, QuietServer

type Reply = Callable[[dict[str, Any]], dict[str, Any]]


class Stub:
    """AWS by the operation's name: `replies` maps `GetItem` or `GetParameter` to what is answered."""

    def __init__(self, replies: Mapping[str, Reply]) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._server = QuietServer(("127.0.0.1", 0), self._responder(replies))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        """The stub itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """What makes the SDK call here."""
        return {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._server.server_port}"}

    def _responder(self, replies: Mapping[str, Reply]) -> type[Quiet]:
        calls = self.calls

        class Responder(Quiet):
            def do_POST(self) -> None:  # noqa: N802 (http.server asks for this name)
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                operation = self.headers["X-Amz-Target"].rpartition(".")[2]
                calls.append((operation, asked))
                body = json.dumps(replies[operation](asked)).encode()
                # DynamoDB sends a checksum and the SDK checks it: that is part of a call's price.
                headers = {
                    "Content-Type": "application/x-amz-json-1.0",
                    "x-amz-crc32": str(zlib.crc32(body)),
                }
                self.answer(200, body, headers)

        return Responder
