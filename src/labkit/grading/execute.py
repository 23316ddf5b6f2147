"""Executes one notebook in a fresh workspace and reads the evidence from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.engines import papermill_engines

from labkit.errors import CourseError
from labkit.evidence import Evidence
from labkit.evidence.collect import collect
from labkit.grading.engine import ENGINE, KERNEL
from labkit.grading.environment import grading_environment
from labkit.grading.outcome import CellError
from labkit.grading.removal import passing_folder
from labkit.grading.repair import exercise_of, is_check
from labkit.grading.room import Room, Stopped
from labkit.grading.shell import run_in_shell
from labkit.grading.watch import Limits
from labkit.paths import Course
from labkit.warm.pool import WarmProcess
from labkit.workspace import make_workspace

MOST_CHARACTERS = 300


@dataclass(slots=True)
class Execution:
    """What came of running a notebook.

    Args:
        notebook: it, with outputs.
        evidence: what was found at each check that was reached, or why it could not be read.
        stopped: where and why it did not run to its end; None if it did.
        errors: what its cells raised.
    """

    notebook: NotebookNode
    evidence: dict[str, Evidence | CourseError] = field(default_factory=dict)
    stopped: Stopped | None = None
    errors: tuple[CellError, ...] = ()


Ask = Callable[[Course, Evidence], Evidence]


def execute(
    notebook: NotebookNode,
    *,
    course: Course,
    template: Path,
    limits: Limits,
    ask: Ask,
    warm: WarmProcess | None = None,
    shell: bool = False,
    confined: bool = False,
    rooms: Path | None = None,
) -> Execution:
    """Run a notebook in a workspace that is gone afterwards.

    Args:
        notebook: what ``repair`` made; outputs are added to it.
        course: where data come from.
        template: the tracking store to copy, see ``labkit.servers.template``.
        limits: what a cell may use.
        ask: adds to evidence what its models predict, see ``labkit.grading.predict``.
        warm: what its process is forked from; a kernel is started anew if None.
        shell: whether cells run in a forked shell instead of a kernel.
        confined: whether a forked process is shut in.
        rooms: where the workspace is made; the system's folder for temporary files unless given.

    Returns:
        Evidence of every check that was reached, and of the one that was being worked towards
        when the notebook stopped.
    """
    with passing_folder(rooms) as folder:
        workspace = make_workspace(folder / "course", course=course, template=template)
        (workspace.state / "home").mkdir()
        done = Execution(notebook)

        def look(exercise: str) -> None:
            try:
                done.evidence[exercise] = ask(workspace, collect(workspace, exercise))
            except CourseError as error:
                done.evidence[exercise] = error

        room = Room(
            folder=workspace.labs,
            environment=grading_environment(workspace),
            connection_file=workspace.root.parent / "k.json",
            warm=warm,
            shell=shell,
            confined=confined,
            limits=limits,
            at_check=look,
        )
        _run(done, room)
        if done.stopped:
            cells = notebook.cells[done.stopped.index :]
            _say_stopped(cells[0], done.stopped)
            working_on = next((exercise_of(cell) for cell in cells if is_check(cell)), None)
            if working_on:
                look(working_on)
    done.errors = tuple(sorted(_errors(notebook, done.stopped), key=lambda one: one.cell))
    return done


def code_number(notebook: NotebookNode, index: int) -> int:
    """Which code cell the cell at a position is, counted from 1 as a student counts."""
    return sum(cell.cell_type == "code" for cell in notebook.cells[: index + 1])


def _run(done: Execution, room: Room) -> None:
    try:
        if room.shell and room.warm:
            run_in_shell(done.notebook, room, room.warm)
        else:
            _run_in_kernel(done.notebook, room)
    except Stopped as stopped:
        done.stopped = stopped


def _run_in_kernel(notebook: NotebookNode, room: Room) -> None:
    notebook.metadata["papermill"] = {}
    try:
        papermill_engines.execute_notebook_with_engine(
            ENGINE, notebook, KERNEL, progress_bar=False, room=room
        )
    finally:
        # Clock times in it would make every executed notebook differ from the last.
        for one in (notebook, *notebook.cells):
            one.metadata.pop("papermill", None)


def _say_stopped(cell: NotebookNode, stopped: Stopped) -> None:
    name = "TimedOut" if stopped.timed_out else "KernelDied"
    value = f"this cell {stopped.said}; nothing after it was run"
    cell.outputs.append(
        new_output("error", ename=name, evalue=value, traceback=[f"{name}: {value}"])
    )


def _errors(notebook: NotebookNode, stopped: Stopped | None) -> Iterator[CellError]:
    exercise = ""
    for index in reversed(range(len(notebook.cells))):
        cell = notebook.cells[index]
        exercise = exercise_of(cell) or exercise
        if cell.cell_type != "code" or (stopped and index >= stopped.index):
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                yield CellError(
                    code_number(notebook, index),
                    exercise,
                    _short(output.ename),
                    _short(output.evalue),
                )


def _short(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}…"
