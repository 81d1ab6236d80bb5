"""Holds each response back until every change that was made before it is on disk."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from infra.local.journal.commits import Commits
from infra.local.journal.invocations import InvocationJournal
from infra.local.journal.service_states import ServiceStates
from infra.local.journal.table_streams import StreamJournal

SAVE_PATH = "/_regulars/save"
WATCH_SECONDS = 1.0

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[Any]]
type Send = Callable[[dict[str, Any]], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class DurableApplication:
    """The emulator's ASGI application with durable responses.

    Reads wait, too: what a client has seen does not disappear.
    """

    def __init__(
        self,
        application: Application,
        commits: Commits,
        states: ServiceStates,
        streams: StreamJournal,
        invocations: InvocationJournal,
    ) -> None:
        self._application = application
        self._commits = commits
        self._states = states
        self._streams = streams
        self._invocations = invocations
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the start and the end of the process."""
        if scope["type"] == "http" and scope["path"] == SAVE_PATH:
            await self._save(send)
            return

        async def send_durably(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self._states.save_changes(scope)
                await self._commits.wait()
            elif message["type"] == "lifespan.startup.complete":
                self._tasks.add(asyncio.create_task(self._watch()))
            await send(message)

        await self._application(scope, receive, send_durably)

    async def _save(self, send: Send) -> None:
        """Save all services; a deployment changes most of them without a request of its own."""
        self._states.save_states()
        await self._commits.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def _watch(self) -> None:
        while True:
            await self._states.watch(WATCH_SECONDS)
            self._streams.forget_read_records()
            self._invocations.resume()
