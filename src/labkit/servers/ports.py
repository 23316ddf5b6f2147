"""Which ports of this machine are free, and who has the others."""

from __future__ import annotations

import contextlib
import http.client
import random
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from labkit.errors import CourseError
from labkit.paths import ROOT_VARIABLE

HOST = "127.0.0.1"
_TRIES = 100


def free_port() -> int:
    """A port nothing listens on, any.

    It is below those that systems give to outgoing connections (from 32768 on Linux, 49152
    elsewhere): one of these could be gone in the seconds a server takes to listen.
    """
    return next(port for port in _shuffled(range(20_000, 32_000)) if not taken(port))


def next_free_port(wanted: int) -> int:
    """The first free port from ``wanted`` upwards.

    Raises:
        CourseError: none of the next hundred is free.
    """
    for port in range(wanted, min(wanted + _TRIES, 65536)):
        if not taken(port):
            return port
    raise CourseError(
        f"No port from {wanted} to {wanted + _TRIES - 1} is free.",
        why="Something listens on each of them, or this machine forbids listening there.",
        next_step="Name another one: python course.py start --port 20000",
    )


def taken(port: int) -> bool:
    """Whether something listens on a port, on any address that ``localhost`` may mean."""
    # macOS lets one bind 127.0.0.1 beside AirPlay's listener on all addresses: ask, then bind.
    return _answers("127.0.0.1", port) or _answers("::1", port) or not _can_bind(port)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who listens on a port: a sentence part, and the course folder if it is a course's server."""

    name: str
    course: Path | None = None


def holder(port: int) -> Holder:
    """Who listens on ``port``, as far as this user may know."""
    process = _listener(port)
    if process is not None:
        with contextlib.suppress(psutil.Error):
            root = process.environ().get(ROOT_VARIABLE)
            if root:
                return Holder(f"a server of the course in {root}", Path(root))
        with contextlib.suppress(psutil.Error):
            return Holder(f"{process.name()} (process {process.pid})")
    return Holder(_by_its_answer(port))


def _shuffled(ports: range) -> Iterator[int]:
    return iter(random.sample(ports, len(ports)))


def _listener(port: int) -> psutil.Process | None:
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.pid
            if listens and connection.laddr and connection.laddr.port == port:
                return psutil.Process(connection.pid)
    except psutil.Error:  # macOS tells only root who has a port
        return None
    return None


def _by_its_answer(port: int) -> str:
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/")
        server = connection.getresponse().getheader("Server", "")
    except (OSError, http.client.HTTPException):
        return "another program"
    finally:
        connection.close()
    if server.startswith("AirTunes"):
        return "macOS AirPlay Receiver (System Settings, AirDrop & Handoff)"
    return f"a web server ({server})" if server else "a web server"


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        if sys.platform == "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # Connections that ended a moment ago do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
