"""Runs a notebook's cells in a forked shell: the quick engine. Kernels are its reference."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode, from_dict

from labkit.grading.repair import exercise_of, is_check
from labkit.grading.room import Room, Stopped
from labkit.grading.watch import Cause, Limits, Watch
from labkit.warm import frames
from labkit.warm.pool import Forked, WarmProcess

#: Bytes one cell's answer may have; the shell keeps to far less.
MOST_BYTES = 32_000_000
#: Share of a processor under which a cell that ran out of wall time was kept waiting by others,
#: and below which it did nothing but wait.
STARVED, IDLE = 0.5, 0.02

_KINDS: dict[str, Mapping[str, type]] = {
    "stream": {"name": str, "text": str},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": int},
}


def run_in_shell(notebook: NotebookNode, room: Room, warm: WarmProcess) -> None:
    """Run what the student wrote and have evidence read at check cells.

    Args:
        notebook: it gets the outputs.
        room: where it runs.
        warm: what the shell is forked from.

    Raises:
        Stopped: a cell could not be run to its end.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = warm.fork(
            "labkit.warm.shell:run",
            [],
            folder=str(room.folder),
            environment=room.environment,
            cell=room.cell,
            talk=theirs,
        )
    watch = Watch(process.pid, room.workspace, room.limits, process.interrupt, process.kill)
    with ours, watch:
        try:
            for index, cell in enumerate(notebook.cells):
                if is_check(cell):
                    _look(room, process, exercise_of(cell))
                elif cell.cell_type == "code":
                    watch.cell_begins()
                    answer = _ask(ours, {"cell": index, "source": cell.source})
                    watch.cell_ends()
                    fits = answer.get("cell") == index
                    if fits:
                        _show(cell, answer)
                    if watch.cause or not fits:
                        cause = Cause.OUTPUT if answer else Cause.DIED
                        raise stopped(index, watch, room, cause)
        finally:
            process.kill()


def stopped(index: int, watch: Watch, room: Room, otherwise: Cause = Cause.DIED) -> Stopped:
    """Why a notebook ended early.

    Args:
        index: position of the cell.
        watch: what watched it.
        room: where it ran.
        otherwise: the cause if it was not the watch that ended it.
    """
    cause = watch.cause or otherwise
    starved = was_starved(cause, watch.cpu_seconds, room.limits)
    return Stopped(index, cause, room.limits.say(cause), starved=starved)


def was_starved(cause: Cause, cpu_seconds: float, limits: Limits) -> bool:
    """Whether a cell was stopped because the machine was busy with something else.

    Args:
        cause: why it was stopped.
        cpu_seconds: CPU time it had used.
        limits: what it was allowed.
    """
    return cause is Cause.WALL and IDLE < cpu_seconds / limits.wall_seconds < STARVED


def _look(room: Room, process: Forked, exercise: str) -> None:
    process.freeze()
    try:
        room.at_check(exercise)
    finally:
        process.thaw()


def _ask(shell: socket.socket, question: Mapping[str, Any]) -> dict[str, Any]:
    """Have a cell run; empty if the shell is gone or says what no shell says."""
    try:
        frames.send(shell, question)
        answer = frames.receive(shell, MOST_BYTES)
    except (OSError, EOFError, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _show(cell: NotebookNode, answer: Mapping[str, Any]) -> None:
    """Put what the shell says the cell showed into the notebook; it need not be true or sound."""
    outputs, count = answer.get("outputs"), answer.get("count")
    cell.execution_count = count if isinstance(count, int) else None
    cell.outputs = [from_dict(one) for one in outputs or () if _is_output(one)]


def _is_output(one: object) -> bool:
    if not isinstance(one, dict):
        return False
    wanted = _KINDS.get(str(one.get("output_type")))
    if wanted is None or one.keys() - wanted.keys() != {"output_type"}:
        return False
    lines = one.get("traceback", [])
    return all(isinstance(one.get(name), kind) for name, kind in wanted.items()) and all(
        isinstance(line, str) for line in lines
    )
