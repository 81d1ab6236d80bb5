"""Serve the Lambda Runtime API to one function in its own interpreter, and measure the CPU time of that interpreter.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.benchmarks.sandbox import Sandbox

MAX_WAIT_SECONDS = 60
INVOCATION_PATH = "/2018-06-01/runtime/invocation/"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
}


# The runtime client reads each of them without a check.
INVOCATION_HEADERS = {
    "Content-Type": "application/json",
    "Lambda-Runtime-Aws-Request-Id": "1",
    "Lambda-Runtime-Deadline-Ms": "9999999999999",
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:bench",
    "Lambda-Runtime-Trace-Id": "Root=1-0-0;Sampled=0",
}


class FunctionError(Exception):
    """The function returned an error, or its process ended."""


class LambdaRuntime:
    """One execution environment: a process that polls for events until it is closed."""

    def __init__(self, sandbox: Sandbox, handler: str, environment: Mapping[str, str]) -> None:
        self._events: queue.Queue[bytes] = queue.Queue()
        self._responses: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._server = QuietServer(("127.0.0.1", 0), self._create_handler_class())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{self._server.server_port}"
        self._process = subprocess.Popen(  # noqa: S603 (our own interpreter)
            [*sandbox.command, "-m", "awslambdaric", handler],
            cwd=sandbox.path[0],
            env={
                **CREDENTIALS,
                **sandbox.environment,
                **environment,
                "AWS_LAMBDA_RUNTIME_API": address,
            },
            stdout=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        """Return the environment."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process and the server."""
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()

    def invoke_function(self, event: Any) -> Any:
        """Return the function's response; raise FunctionError when it raised, failed to start or never responded."""
        self._events.put(json.dumps(event).encode())
        for _ in range(MAX_WAIT_SECONDS):
            try:
                kind, body = self._responses.get(timeout=1)
            except queue.Empty:
                if self._process.poll() is not None:
                    break
                continue
            if kind == "response":
                return json.loads(body)
            raise FunctionError(body.decode())
        raise FunctionError("The function did not respond.")

    def read_cpu_ms(self) -> float:
        """Return the CPU milliseconds of all threads since the process started."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6

    def read_peak_mib(self) -> float:
        """Return the peak memory of the process in MiB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def _create_handler_class(self) -> type[BaseHTTPRequestHandler]:
        events, responses = self._events, self._responses

        class RuntimeHandler(QuietHandler):
            def do_GET(self) -> None:
                self.send_answer(200, events.get(), INVOCATION_HEADERS)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                self.send_answer(202, b"")
                responses.put((self.path.rpartition("/")[2], body))

        return RuntimeHandler


class QuietServer(ThreadingHTTPServer):
    """A server that ignores errors of killed clients."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing."""


class QuietHandler(BaseHTTPRequestHandler):
    """A request handler that logs nothing and keeps connections open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def send_answer(
        self, status: int, body: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a response and keep the connection."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""
