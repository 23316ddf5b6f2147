"""How a submission ends: always in one of these states, never in silence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from labkit.checks import Check, CheckResult, ExerciseResult
from labkit.evidence import Evidence

if TYPE_CHECKING:
    from nbformat import NotebookNode


class State(StrEnum):
    """The named states, as they stand in the gradebook.

    ``GRADED``: executed to the end and judged; cells may have raised errors.
    ``REPAIRED``: the same, after something the student had changed was restored.
    ``EMPTY``: handed in as distributed, no answer in it; judged all the same.
    ``TIMED_OUT``: a cell ran longer than the limit; exercises before it keep their points.
    ``DIED``: the kernel ended while a cell ran; exercises before it keep their points.
    ``UNREADABLE``: there is no notebook that can be read.
    ``FAULT``: the grader itself broke down on it; tried again when the command is run again.
    """

    GRADED = "graded"
    REPAIRED = "graded with repairs"
    EMPTY = "empty"
    TIMED_OUT = "timed out"
    DIED = "kernel died"
    UNREADABLE = "unreadable"
    FAULT = "not graded"


@dataclass(frozen=True, slots=True)
class Repair:
    """Something restored or put in its place, told to the student.

    ``exercise`` is empty for what belongs to none.
    """

    exercise: str
    message: str


@dataclass(frozen=True, slots=True)
class CellError:
    """An exception a cell raised. ``cell`` counts code cells from 1."""

    cell: int
    exercise: str
    name: str
    value: str

    def __str__(self) -> str:
        place = f" (exercise {self.exercise})" if self.exercise else ""
        return f"Cell {self.cell}{place} stopped with {self.name}: {self.value}".rstrip(": ")


@dataclass(frozen=True, slots=True)
class Graded:
    """One submission, judged.

    Args:
        name: what the submission is called, see ``load``.
        state: how it ended.
        exercises: one result per exercise of the lab, in its order.
        reason: sentences on why it is in that state; empty where nothing went wrong.
        cell: the code cell, counted from 1, at which it stopped; None where it did not.
        repairs: what was restored.
        errors: what its cells raised.
        seconds: wall time it took.
        notebook: the executed notebook with the verdicts in place, if it ran.
        evidence: what it left, by exercise, as far as it got.
        confined: by what it was shut in while it ran, ``"no"`` if by nothing; empty where that is
            not known, or where nothing ran.
        flags: what an instructor may want to look at; it costs no points.
        starved: whether it ran out of time while the machine was busy with something else, so that
            it deserves another try.
    """

    name: str
    state: State
    exercises: tuple[ExerciseResult, ...]
    reason: str = ""
    cell: int | None = None
    repairs: tuple[Repair, ...] = ()
    errors: tuple[CellError, ...] = ()
    seconds: float = 0.0
    notebook: NotebookNode | None = field(default=None, compare=False)
    evidence: Mapping[str, Evidence] = field(default_factory=dict, compare=False)
    confined: str = ""
    flags: tuple[str, ...] = ()
    starved: bool = field(default=False, compare=False)

    @property
    def points(self) -> float:
        """Points earned over all exercises."""
        return round(sum(one.points for one in self.exercises), 2)

    @property
    def max_points(self) -> float:
        """Points that can be earned in the lab."""
        return round(sum(one.max_points for one in self.exercises), 2)

    @property
    def executed(self) -> bool:
        """Whether its cells were run."""
        return self.state not in {State.UNREADABLE, State.FAULT}

    @property
    def answered(self) -> bool:
        """Whether cells were run that the student had written in."""
        return self.executed and self.state is not State.EMPTY

    @property
    def state_text(self) -> str:
        """The state with the cell it stopped at."""
        return f"{self.state} at cell {self.cell}" if self.cell is not None else str(self.state)


def no_points(exercise: str, checks: Iterable[Check], message: str) -> ExerciseResult:
    """The result of an exercise whose checks could not be run: none passed, all say why."""
    return ExerciseResult(
        exercise,
        tuple(
            CheckResult(one.id, one.hidden, 0.0, one.points, message, None, None, {})
            for one in checks
        ),
    )
