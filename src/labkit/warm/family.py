"""All the processes that descend from one: held still while evidence is read, ended for good."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator

import psutil


def descendants(pid: int) -> Iterator[psutil.Process]:
    """The processes that descend from one; none if it is gone."""
    with contextlib.suppress(psutil.Error):
        yield from psutil.Process(pid).children(recursive=True)


def freeze(pid: int) -> None:
    """Stop every descendant of a process, also those that are being made meanwhile."""
    still: set[psutil.Process] = set()
    while moving := set(descendants(pid)) - still:
        for one in moving:
            with contextlib.suppress(psutil.Error):
                one.suspend()
        still |= moving


def thaw(pid: int) -> None:
    """Let the descendants of a process go on."""
    for one in descendants(pid):
        with contextlib.suppress(psutil.Error):
            one.resume()


def end(pid: int, *, itself: bool = True) -> None:
    """Kill every descendant of a process, what is left of its process group, and the process.

    Args:
        pid: the process.
        itself: False to let it live.
    """
    freeze(pid)
    family = list(descendants(pid))
    for one in family:
        with contextlib.suppress(psutil.Error):
            one.kill()
    if itself and sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    if itself:
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).kill()
