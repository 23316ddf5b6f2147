"""Starting processes that a Ctrl-C in the terminal spares, and stopping whole trees of them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

#: Seconds a process may take to end by itself before it is killed.
PATIENCE = 5.0
#: Two readings of when a process began differ by less than this, in seconds.
_CLOCK_SLACK = 2.0


@dataclass(frozen=True, slots=True)
class Identity:
    """A process beyond doubt: ids are used again, so when it began (seconds since 1970) counts."""

    pid: int
    created: float


def identity(pid: int) -> Identity:
    """The identity of a process that runs now.

    Raises:
        psutil.NoSuchProcess: it does not.
    """
    return Identity(pid, psutil.Process(pid).create_time())


def spawn(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Start a process of its own session (so that only its parent hears Ctrl-C).

    Args:
        command: program and arguments.
        folder: where it works.
        environment: its whole environment.
        log: file that gets all it prints; what was in it is lost.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **own_session(),
        )


def own_session() -> dict[str, Any]:
    """What ``Popen`` needs to put a process out of reach of the terminal's Ctrl-C."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def alive(one: Identity) -> bool:
    """Whether that very process still runs."""
    return _running(one) is not None


def members(one: Identity) -> list[psutil.Process]:
    """Every running process that belongs to what ``spawn`` started.

    That is its tree, and its process group: children outlive a leader that was killed.
    """
    leader = _running(one)
    found = {leader, *_children(leader)} if leader else set()
    if leader or not psutil.pid_exists(one.pid):
        found |= {process for process in psutil.process_iter() if _group(process.pid) == one.pid}
    return [process for process in found if _ended(process) is False]


def stop(identities: Iterable[Identity], patience: float = PATIENCE) -> None:
    """End processes and all they started; returns when none of them runs.

    Args:
        identities: processes made by ``spawn``; those that are gone are passed over.
        patience: seconds they have to end by themselves.
    """
    leaders = list(identities)
    everyone = {process for one in leaders for process in members(one)}
    for process in (told for one in leaders for told in _to_tell(one)):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(everyone, timeout=patience)
    late = {process for one in leaders for process in members(one)}
    for process in {*stubborn, *late}:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs({*stubborn, *late}, timeout=patience)


def _to_tell(one: Identity) -> list[psutil.Process]:
    """A leader ends its own children in order; orphans, and Windows, leave that to us."""
    leader = _running(one)
    return [leader] if leader and sys.platform != "win32" else members(one)


def _running(one: Identity) -> psutil.Process | None:
    try:
        process = psutil.Process(one.pid)
        same = abs(process.create_time() - one.created) < _CLOCK_SLACK
    except psutil.NoSuchProcess:
        return None
    return process if same and not _ended(process) else None


def _ended(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _group(pid: int) -> int | None:
    if sys.platform == "win32":
        return None
    try:
        return os.getpgid(pid)
    except (ProcessLookupError, PermissionError):
        return None
