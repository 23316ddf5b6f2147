"""Namespaces: a network with nothing on it, and processes that all end when their first one does.

Where the kernel gives no namespaces (some containers, some distributions), the rest of the
confinement stands without them, and the gradebook says so.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from labkit.warm import linux


class Namespaces:
    """What processes forked from this one are born into.

    Entered before anything is imported: a process with threads may not leave its user namespace.
    """

    def __init__(self) -> None:
        self.network = False
        self._processes: int | None = None

    @property
    def processes(self) -> bool:
        """Whether each forked process is the first of a process namespace."""
        return self._processes is not None

    def enter(self) -> None:
        """Take what the kernel gives."""
        with contextlib.suppress(OSError):
            _become_able()
            linux.unshare(linux.NEW_NETWORK | linux.NEW_IPC)
            self.network = True
        with contextlib.suppress(OSError):
            own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
            linux.unshare(linux.NEW_PROCESSES)
            linux.enter_namespace(own, linux.NEW_PROCESSES)
            self._processes = own

    def fork(self) -> int:
        """Fork; the child is the first process of a namespace of its own where that can be had.

        Raises:
            OSError: there is no room for another process.
        """
        if self._processes is None:
            return os.fork()
        linux.unshare(linux.NEW_PROCESSES)
        pid = -1
        try:
            pid = os.fork()
        finally:
            if pid:
                linux.enter_namespace(self._processes, linux.NEW_PROCESSES)
        return pid


def _become_able() -> None:
    """Root can make namespaces; anyone else can in a user namespace of their own."""
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        return
    linux.unshare(linux.NEW_USER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
