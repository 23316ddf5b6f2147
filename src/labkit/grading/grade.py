"""Grades one submission, from its cells to its points: a straight line."""

from __future__ import annotations

import time
from collections.abc import Iterator

from labkit.checks import ExerciseResult, run_checks
from labkit.errors import CourseError
from labkit.evidence import Evidence
from labkit.grading.bench import Bench, Engine
from labkit.grading.execute import Execution, code_number, execute
from labkit.grading.feedback import add_cards
from labkit.grading.flags import flags_of
from labkit.grading.load import Submission
from labkit.grading.outcome import Graded, Repair, State, no_points
from labkit.grading.repair import Repaired, exercise_of, repair
from labkit.labs import Lab


def grade_one(submission: Submission, bench: Bench) -> Graded:
    """Grade one submission.

    Args:
        submission: what was handed in.
        bench: what to grade it with.

    Returns:
        The outcome, whatever the submission holds.
    """
    start = time.monotonic()
    if submission.problem is not None:
        nothing = tuple(_no_evidence(bench.lab, submission.problem))
        return Graded(submission.name, State.UNREADABLE, nothing, reason=submission.problem)
    repaired = repair(submission.cells, bench.lab)
    flags = flags_of(repaired.notebook)
    done = execute(
        repaired.notebook,
        course=bench.course,
        template=bench.template,
        limits=bench.limits,
        ask=bench.predictor.ask,
        warm=bench.warm,
        shell=bench.engine is Engine.SHELL,
        confined=bench.confined,
        rooms=bench.rooms,
    )
    results = tuple(_judge(bench.lab, done))
    add_cards(done.notebook, results, repaired.repairs, done.errors)
    cell = code_number(done.notebook, done.stopped.index) if done.stopped else None
    return Graded(
        name=submission.name,
        state=_state(repaired, done),
        exercises=results,
        reason=_reason(done, repaired.repairs),
        cell=cell,
        repairs=repaired.repairs,
        errors=done.errors,
        seconds=round(time.monotonic() - start, 2),
        starved=done.stopped is not None and done.stopped.starved,
        confined=bench.confinement,
        flags=flags,
        notebook=done.notebook,
        evidence={name: one for name, one in done.evidence.items() if isinstance(one, Evidence)},
    )


def fault(submission: Submission, bench: Bench, error: Exception) -> Graded:
    """The outcome of a submission on which the grader itself broke down.

    Args:
        submission: what was handed in.
        bench: what it was graded with.
        error: what happened.
    """
    reason = (
        f"The grader broke down on this submission ({type(error).__name__}: {error}). This is a "
        "fault of the grader or of the lab: run the same command again, or report it."
    )
    nothing = tuple(_no_evidence(bench.lab, reason))
    return Graded(submission.name, State.FAULT, nothing, reason=reason)


def _judge(lab: Lab, done: Execution) -> Iterator[ExerciseResult]:
    for exercise in lab.exercises:
        found = done.evidence.get(exercise.id)
        if isinstance(found, Evidence):
            yield run_checks(lab.checks, found)
        elif isinstance(found, CourseError):
            yield _none_of(lab, exercise.id, f"{found.what} {found.why}")
        else:
            yield _none_of(lab, exercise.id, f"Not reached: {_where(done)}.")


def _none_of(lab: Lab, exercise: str, message: str) -> ExerciseResult:
    checks = [one for one in lab.checks if one.exercise == exercise]
    return no_points(exercise, checks, message)


def _no_evidence(lab: Lab, message: str) -> Iterator[ExerciseResult]:
    return (_none_of(lab, exercise.id, message) for exercise in lab.exercises)


def _state(repaired: Repaired, done: Execution) -> State:
    if done.stopped:
        return State.TIMED_OUT if done.stopped.timed_out else State.DIED
    if repaired.untouched:
        return State.EMPTY
    return State.REPAIRED if repaired.repairs else State.GRADED


def _where(done: Execution) -> str:
    if done.stopped is None:
        return "its check cell was not run"
    cell = code_number(done.notebook, done.stopped.index)
    return f"cell {cell} {done.stopped.said}"


def _reason(done: Execution, repairs: tuple[Repair, ...]) -> str:
    sentences = []
    if done.stopped:
        after = done.notebook.cells[done.stopped.index :]
        exercise = next(filter(None, map(exercise_of, after)), "")
        cell = code_number(done.notebook, done.stopped.index)
        place = f" (exercise {exercise})" if exercise else ""
        sentences.append(f"Cell {cell}{place} {done.stopped.said}.")
    sentences += [f"{one}." for one in done.errors]
    sentences += [
        f"Exercise {name}: {one.what}"
        for name, one in done.evidence.items()
        if isinstance(one, CourseError)
    ]
    sentences += [
        f"Exercise {one.exercise}: {one.message}" if one.exercise else one.message
        for one in repairs
    ]
    return " ".join(sentences)
