"""Watches what a running cell uses, and ends it where it uses too much.

Python's own limits hold for one process each; a cell can start many, and fill a disk with small
files. Nothing is measured in a cell's first second, so short cells cost nothing.
"""

from __future__ import annotations

import contextlib
import functools
import os
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType

import psutil

#: Bytes in the blocks that ``stat`` counts in.
BLOCK = 512
#: Seconds between two looks, and before the first.
PAUSE = 1.0
#: Seconds a cell has to end after it was interrupted, before its kernel is killed.
GRACE_SECONDS = 2.0


class Cause(StrEnum):
    """Why a notebook could not be run to its end."""

    CPU = "used more than {limit} s of CPU time"
    WALL = "ran longer than {wall} s"
    MEMORY = "used more than {memory} of memory"
    DISK = "wrote more than {disk}, or more than {files:,} files"
    PROCESSES = "started more than {processes} processes"
    OUTPUT = "answered with what is no output of a cell"
    DIED = "ended the Python process"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a cell and everything it starts may use.

    Args:
        cell_seconds: CPU time.
        patience: wall time, as a multiple of the CPU time: a machine may be busy.
        memory: bytes of memory, all processes together.
        disk: bytes in the workspace.
        files: files and folders in the workspace.
        processes: processes at a time.
    """

    cell_seconds: int
    patience: float = 2.0
    memory: int = 4 << 30
    disk: int = 1 << 30
    files: int = 50_000
    processes: int = 200

    @property
    def wall_seconds(self) -> float:
        """How long a cell may take."""
        return self.cell_seconds * self.patience

    def say(self, cause: Cause) -> str:
        """What a cell did that it was stopped for, as the end of a sentence."""
        return cause.format(
            limit=self.cell_seconds,
            wall=f"{self.wall_seconds:g}",
            memory=f"{self.memory >> 20:,} MB",
            disk=f"{self.disk >> 20:,} MB",
            files=self.files,
            processes=self.processes,
        )


class Watch:
    """Watches the cells of one submission, one after the other.

    Args:
        pid: the process that leads all others of the submission.
        folder: the workspace.
        limits: what a cell may use.
        interrupt: sends what Ctrl-C sends.
        kill: ends all processes of the submission.
    """

    def __init__(
        self,
        pid: int,
        folder: Path,
        limits: Limits,
        interrupt: Callable[[], None],
        kill: Callable[[], None],
    ) -> None:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._pid, self._folder, self._limits = pid, folder, limits
        self._interrupt, self._kill = interrupt, kill
        self._changed = threading.Condition()
        self._cell = 0
        self._running = self._over = False
        self._began = 0.0
        self._cpu_before: float | None = None
        #: Why the running cell was stopped; None while there is no reason to.
        self.cause: Cause | None = None
        #: CPU seconds that the stopped cell had used.
        self.cpu_seconds = 0.0

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._thread.join()

    def cell_begins(self) -> None:
        """A cell is about to run."""
        with self._changed:
            self._cell += 1
            self._running, self._began, self._cpu_before = True, time.monotonic(), None
            self._changed.notify_all()

    def cell_ends(self) -> None:
        """It has ended. What it left on the disk counts, however quick it was between two looks."""
        with self._changed:
            self._running = False
            self._changed.notify_all()
        if self.cause is None and _is_too_full(self._folder, [], self._limits):
            self._stop(Cause.DISK)

    def _look(self) -> None:
        while self._wait_for_long_cell():
            cause = self._exceeded()
            if cause is not None:
                self._stop(cause)
                return

    def _wait_for_long_cell(self) -> bool:
        """Wait until a cell has run for another while; False once there are no more cells."""
        with self._changed:
            while not self._over:
                self._changed.wait_for(lambda: self._running or self._over)
                if not self._changed.wait_for(functools.partial(self._is_past, self._cell), PAUSE):
                    return True
        return False

    def _is_past(self, cell: int) -> bool:
        return self._over or not self._running or self._cell != cell

    def _exceeded(self) -> Cause | None:
        family = _family(self._pid)
        used = sum(map(_cpu_seconds, family))
        wall = time.monotonic() - self._began
        if self._cpu_before is None:
            self._cpu_before = used
        self.cpu_seconds = used - self._cpu_before
        limits = self._limits
        if self.cpu_seconds > limits.cell_seconds:
            return Cause.CPU
        if wall > limits.wall_seconds:
            return Cause.WALL
        if len(family) > limits.processes:
            return Cause.PROCESSES
        if _memory(family, limits.memory) > limits.memory:
            return Cause.MEMORY
        return Cause.DISK if _is_too_full(self._folder, family, limits) else None

    def _stop(self, cause: Cause) -> None:
        self.cause = cause
        if cause in {Cause.CPU, Cause.WALL}:
            # Let the cell's own `with` and `finally` blocks end what it began, a run say.
            self._interrupt()
            with self._changed:
                if self._changed.wait_for(lambda: not self._running, GRACE_SECONDS):
                    return
        self._kill()


def _family(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []


def _cpu_seconds(process: psutil.Process) -> float:
    """CPU time of a process and of its children that have ended."""
    with contextlib.suppress(psutil.Error):
        used = process.cpu_times()
        return float(sum(used[:4]))
    return 0.0


def _memory(family: list[psutil.Process], most: int) -> int:
    """Bytes of memory; what processes share is counted once where that is to be known."""
    sizes = []
    for process in family:
        with contextlib.suppress(psutil.Error):
            sizes.append((process.memory_info().rss, process))
    if sum(size for size, _ in sizes) <= most:  # too much at most: no need to look closer
        return 0
    total = 0
    for size, process in sizes:
        try:
            total += process.memory_full_info().pss
        except (psutil.Error, AttributeError):
            total += size
    return total


def _is_too_full(folder: Path, family: list[psutil.Process], limits: Limits) -> bool:
    size, count, ahead = _nameless(family), 0, [str(folder)]
    while ahead and size <= limits.disk and count <= limits.files:
        with contextlib.suppress(OSError), os.scandir(ahead.pop()) as entries:
            for one in entries:
                count += 1
                size += one.stat(follow_symlinks=False).st_blocks * BLOCK
                if one.is_dir(follow_symlinks=False):
                    ahead.append(one.path)
    return size > limits.disk or count > limits.files


def _nameless(family: list[psutil.Process]) -> int:
    """Bytes in open files that are in no folder: in memory only, or deleted already."""
    found = {}
    for process in family:
        with contextlib.suppress(OSError), os.scandir(f"/proc/{process.pid}/fd") as opened:
            for one in opened:
                known = one.stat()
                if stat.S_ISREG(known.st_mode) and known.st_nlink == 0:
                    found[known.st_dev, known.st_ino] = known.st_blocks * BLOCK
    return sum(found.values())
