"""Graders that are killed: forked from a process that has imported the grader, as it starts slowly.

A killed grader runs the real command. It ends at a time, from outside, or just before the n-th
time it opens, renames or removes a file of its results or its rooms: that is where a grader that
dies at a bad moment leaves something half done.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

from labkit.paths import ROOT_VARIABLE

#: What is imported once: the commands, and what the command line of pytest would bring along.
IMPORTED = ["labkit.cli", "labkit.grading.batch", "labkit.grading.regrade", "pytest"]
TOUCHES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.scandir"}


@dataclass(frozen=True)
class Killed:
    """Where a grader runs and how it is to end.

    Args:
        folder: its working directory, with ``course`` and ``tmp`` in it.
        out: the folder of its results.
        words: the command.
        step: before which of its file operations it kills itself; 0 for none.
        group: whether it then kills its process group.
    """

    folder: Path
    out: Path
    words: tuple[str, ...]
    step: int = 0
    group: bool = False

    @property
    def said(self) -> str:
        """What it printed."""
        return (self.folder / "said.txt").read_text(encoding="utf-8")

    @property
    def steps(self) -> int:
        """How many file operations there were."""
        return int((self.folder / "steps.txt").read_text(encoding="utf-8") or 0)


def begin(how: Killed) -> BaseProcess:
    """Start the command line of the lab kit in the folder of ``how``."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    process = context.Process(target=_run, args=(how,))
    process.start()
    return process


def end(process: BaseProcess, after: float | None, *, group: bool) -> bool:
    """Kill a grader after some seconds, if any are given; whether it was killed."""
    process.join(after)
    if process.is_alive() and process.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
    process.join()
    return process.exitcode == -signal.SIGKILL


def running_in(folder: Path) -> list[psutil.Process]:
    """Processes that name the folder in their command line or work in it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(folder) in " ".join([*process.cmdline(), process.cwd()]):
                found.append(process)
    return found


def _run(how: Killed) -> None:
    os.setsid()
    os.chdir(how.folder)
    os.environ.update({name: str(how.folder / "tmp") for name in ("TMPDIR", "TEMP", "TMP")})
    os.environ[ROOT_VARIABLE] = str(how.folder / "course")
    tempfile.tempdir = None
    with (how.folder / "said.txt").open("w", encoding="utf-8") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    _count_steps(how)
    from labkit.cli import cli

    cli(list(how.words), standalone_mode=False)


def _count_steps(how: Killed) -> None:
    steps, places = 0, (str(how.folder / "tmp" / "labkit-"), str(how.out))
    log = os.open(how.folder / "steps.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def count(event: str, values: Sequence[object]) -> None:
        nonlocal steps
        if event in TOUCHES and any(str(one).startswith(places) for one in values):
            steps += 1
            os.pwrite(log, str(steps).encode(), 0)
            if steps == how.step and how.group:
                os.killpg(os.getpgid(0), signal.SIGKILL)
            elif steps == how.step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
