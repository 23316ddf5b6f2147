"""Stops the servers when the process that started them is killed without a chance to do so.

It holds the reading end of a pipe whose writing end only the supervisor has. The supervisor
writes a line per server; the end of the file means that it is gone, however it went.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType

from labkit.servers.processes import Identity, own_session, stop


class Guard:
    """The supervisor's end of the pipe; leave the ``with`` block only when all has stopped."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "labkit.servers.guard"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **own_session(),
        )

    def __enter__(self) -> Guard:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def watch(self, one: Identity) -> None:
        """Stop this process too, should the supervisor vanish."""
        if self._process.stdin is not None:
            self._process.stdin.write(f"{one.pid} {one.created!r}\n".encode())
            self._process.stdin.flush()


def main() -> None:
    """Wait for the end of the pipe, then stop what it named."""
    lines = [line.split() for line in sys.stdin]
    stop(Identity(int(line[0]), float(line[1])) for line in lines if len(line) == 2)


if __name__ == "__main__":
    main()
