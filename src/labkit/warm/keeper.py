"""Keeps one forked process: holds what it started still, and ends all of it when asked or alone.

Every process forked for a submission has a keeper for a parent. It runs none of the student's
code, and the student's code cannot reach it: in a process namespace it is the first process,
which no other one there can signal, and when it ends all of them do.
"""

from __future__ import annotations

import os
import select
import signal
import socket
from typing import NoReturn

from labkit.warm import linux

FREEZE, THAW, DONE = b"f", b"t", b"."


def become_keeper() -> None:
    """Take the place between the grader and the process to come."""
    os.setsid()
    linux.end_with_parent(signal.SIGKILL)
    linux.adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the process that is kept


def keep(child: int, control: socket.socket) -> NoReturn:
    """Do what is asked until the kept process ends or nobody can ask any more; then end with all.

    Args:
        child: the kept process.
        control: where ``FREEZE`` and ``THAW`` come from; ``DONE`` is the answer to each.
    """
    first = os.getpid() == 1
    asking, ended = control.fileno(), os.pidfd_open(child)
    while True:
        readable, _, _ = select.select([asking, ended], [], [])
        asked = control.recv(1) if asking in readable else b""
        if not asked:
            break
        _signal_all(signal.SIGSTOP if asked == FREEZE else signal.SIGCONT, first=first)
        control.sendall(DONE)
    status = _status(child, has_ended=ended in readable)
    if not first:
        from labkit.warm import family

        family.end(os.getpid(), itself=False)
    os._exit(status)


def _signal_all(number: int, *, first: bool) -> None:
    if first:
        try:
            os.kill(-1, number)  # everything in this namespace but this process
        except ProcessLookupError:
            return
    else:
        from labkit.warm import family

        (family.freeze if number == signal.SIGSTOP else family.thaw)(os.getpid())


def _status(child: int, *, has_ended: bool) -> int:
    if not has_ended:
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code
