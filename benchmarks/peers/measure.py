"""What a command and everything it starts take: wall time, CPU time, peak memory."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from labkit.errors import CourseError
from labkit.servers.processes import identity, spawn, stop

#: Looking at the memory of processes must not slow down what is measured: at most this share of
#: one core is spent on it.
MOST_OF_A_CORE = 0.05
#: Seconds between two looks, at least.
PAUSE = 0.1
#: Seconds that what is stopped has to put away its files.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What commands took, one after the other.

    Args:
        wall: seconds.
        cpu: CPU seconds, of all processes that were waited for.
        peak: the most memory at one moment, in bytes, see ``memory``.
    """

    wall: float = 0.0
    cpu: float = 0.0
    peak: int = 0

    def __add__(self, other: Usage) -> Usage:
        """What both took, the second after the first."""
        return Usage(self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak))


def measure(
    command: Sequence[str],
    *,
    folder: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    tick: Callable[[], object] = lambda: None,
) -> tuple[int, Usage]:
    """Run a command to its end. Whatever happens, nothing it started is left running.

    Args:
        command: program and arguments.
        folder: where it works.
        log: file that gets all it prints.
        environment: its whole environment; this process's if None.
        tick: called now and then, in another thread, to tell how far it is.

    Returns:
        The exit status, and what the command took.
    """
    before, began = _cpu_of_children(), time.monotonic()
    process = spawn(command, folder=folder, environment=environment or dict(os.environ), log=log)
    known = identity(process.pid)
    try:
        with _watched(process, tick) as seen:
            status = process.wait()
            wall = time.monotonic() - began
    finally:
        stop([known], PATIENCE)
    return status, Usage(wall, _cpu_of_children() - before, max(seen))


def must(
    command: Sequence[str],
    *,
    folder: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    tick: Callable[[], object] = lambda: None,
) -> Usage:
    """``measure`` a command that has to succeed.

    Raises:
        CourseError: its exit status is not 0.
    """
    status, usage = measure(command, folder=folder, log=log, environment=environment, tick=tick)
    if status:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise CourseError(
            f"{Path(command[0]).name} {' '.join(command[1:4])} ended with status {status}.",
            why="The last it said: " + (" | ".join(said[-5:]) or "nothing."),
            next_step="Run it again with --keep FOLDER to see its files and logs.",
        )
    return usage


def kind_of_memory() -> str:
    """What ``memory`` adds up here, in words."""
    shared = hasattr(psutil.Process().memory_full_info(), "pss")
    return "proportional set sizes (PSS)" if shared else "resident set sizes (RSS)"


def memory(root: psutil.Process) -> int:
    """Bytes of memory that a process and all it started use now.

    On Linux that is the sum of the proportional set sizes (PSS), in which a page shared by n
    processes counts 1/n in each, so forked processes are not counted double. Elsewhere, and for
    a process that does not let itself be looked at, it is the resident set size (RSS).
    """
    family = [root]
    with contextlib.suppress(psutil.Error):
        family += root.children(recursive=True)
    return sum(map(_memory_of_one, family))


def _memory_of_one(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.NoSuchProcess):
        try:
            return int(process.memory_full_info().pss)
        except (psutil.AccessDenied, AttributeError):
            return int(process.memory_info().rss)
    return 0


@contextlib.contextmanager
def _watched(process: subprocess.Popen[bytes], tick: Callable[[], object]) -> Iterator[list[int]]:
    """Notes the memory of a running process, now and then, while the ``with`` block lasts."""
    seen, over, root = [0], threading.Event(), psutil.Process(process.pid)

    def watch() -> None:
        pause = 0.0
        while not over.wait(pause):
            began = time.thread_time()
            with contextlib.suppress(psutil.Error):
                seen.append(memory(root))
            tick()
            pause = max(PAUSE, (time.thread_time() - began) / MOST_OF_A_CORE)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
