"""Chooses the port of the local AWS: the same one at each start, as long as it is free."""

import socket

from infra.local.errors import CommandError
from infra.local.places import PORT_FILE

HOST = "127.0.0.1"
DEFAULT_PORT = 4566


def choose_port(requested: int | None) -> int:
    """Return the requested port, or the one of the last start, or any free one; record it for the next start.

    Raise CommandError when the requested one is taken.
    """
    if requested and not _is_free(requested):
        raise CommandError(
            f"Port {requested} is taken.", "Choose another: PORT=4577 make up, or leave PORT out."
        )
    port = requested or find_usual_port()
    if not _is_free(port):
        port = find_free_port()
    PORT_FILE.write_text(str(port))
    return port


def find_usual_port() -> int:
    """Return the port of the last start, or the default before the first one."""
    try:
        return int(PORT_FILE.read_text())
    except (FileNotFoundError, ValueError):
        return DEFAULT_PORT


def find_free_port() -> int:
    """Return a port that no process uses now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
