"""Judges again what a batch left behind, without executing anything.

After a check, its points or a hint changed, the kept evidence of every submission goes through
the lab's checks as they are now.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

from labkit.checks import ExerciseResult, run_checks
from labkit.errors import CourseError
from labkit.evidence import Evidence
from labkit.grading.feedback import add_cards
from labkit.grading.files import file_names, write_whole
from labkit.grading.gradebook import write_gradebook
from labkit.grading.journal import Journal, lab_digest, text_digest
from labkit.grading.outcome import Graded, no_points
from labkit.labs import Lab, load_lab
from labkit.paths import Course


@dataclass(frozen=True, slots=True)
class Change:
    """What regrading changed for one check of one submission.

    ``before`` and ``after`` are points, None where there was or is no such check; a change
    without a difference in points is one of message or hint.
    """

    submission: str
    exercise: str
    check: str
    before: float | None
    after: float | None

    def __str__(self) -> str:
        said = ["no check" if one is None else f"{one:g}" for one in (self.before, self.after)]
        what = " -> ".join(said) if said[0] != said[1] else f"{said[0]} (other message or hint)"
        return f"{self.submission}  {self.exercise}  {self.check}  {what}"


def regrade(out: Path, course: Course, *, write: bool) -> list[Change]:
    """Judge the kept evidence of a batch by the lab's checks as they are now.

    Args:
        out: the folder ``labkit grade`` wrote.
        course: where the lab is.
        write: whether to write the new gradebook, details, notebooks and journal.

    Returns:
        What changed, in order of submission.

    Raises:
        CourseError: the folder holds no batch, its lab is gone, or the lab's text changed (then
            what was executed is not what would be now).
    """
    lab = _lab_of(out, course)
    journal = Journal(out / "journal.jsonl", lab_digest(lab))
    kept = sorted(journal.newest(), key=lambda one: one.graded.name)
    files = file_names(one.graded.name for one in kept)
    again = [(one, _judged(one.graded, lab, out, files[one.graded.name])) for one in kept]
    changes = [change for one, new in again for change in _changes(one.graded, new)]
    if write:
        for one, new in again:
            _rewrite_cards(out, files[new.name], new)
            journal.add(one.digest, new, one.cell_seconds)
        write_gradebook(out, lab, [new for _, new in again])
    return changes


def _lab_of(out: Path, course: Course) -> Lab:
    try:
        batch = json.loads((out / "batch.json").read_text(encoding="utf-8"))
        name, text = str(batch["lab"]), str(batch["text"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(
            f"{out} holds no graded batch.",
            why=f"Its batch.json cannot be read ({type(error).__name__}).",
            next_step="Give the folder that `labkit grade ... --out` wrote.",
        ) from error
    lab = load_lab(course, name)
    if text_digest(lab) != text:
        raise CourseError(
            f"{name} cannot be regraded from what was kept.",
            why="lab.py changed since, so the submissions would run with other cells.",
            next_step="Grade them again with labkit grade, or restore lab.py.",
        )
    return lab


def _judged(graded: Graded, lab: Lab, out: Path, file_name: str) -> Graded:
    """The outcome by today's checks; an exercise without evidence earns nothing, as before."""
    evidence = _evidence(out / "evidence" / f"{file_name}.json")
    before = {one.exercise: one for one in graded.exercises}
    exercises = []
    for exercise in lab.exercises:
        if exercise.id in evidence:
            exercises.append(run_checks(lab.checks, evidence[exercise.id]))
        else:
            checks = [one for one in lab.checks if one.exercise == exercise.id]
            exercises.append(no_points(exercise.id, checks, _reason(before.get(exercise.id))))
    return replace(graded, exercises=tuple(exercises))


def _evidence(path: Path) -> dict[str, Evidence]:
    if not path.is_file():
        return {}
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {exercise: Evidence.from_json(one) for exercise, one in kept.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CourseError(
            f"{path} is damaged.",
            why=f"It is not what the grader writes ({error!r}).",
            next_step="Delete it and journal.jsonl, and grade again.",
        ) from error


def _reason(before: ExerciseResult | None) -> str:
    return before.results[0].message if before and before.results else "No evidence was kept."


def _changes(before: Graded, after: Graded) -> Iterator[Change]:
    old = {(one.exercise, r.check): r for one in before.exercises for r in one.results}
    new = {(one.exercise, r.check): r for one in after.exercises for r in one.results}
    for key in sorted({*old, *new}):
        one, other = old.get(key), new.get(key)
        if (
            one is None
            or other is None
            or (one.points, one.max_points, one.message, one.hint_texts)
            != (other.points, other.max_points, other.message, other.hint_texts)
        ):
            points = (one.points if one else None, other.points if other else None)
            yield Change(before.name, *key, *points)


def _rewrite_cards(out: Path, file_name: str, graded: Graded) -> None:
    path = out / "executed" / f"{file_name}.ipynb"
    if path.is_file():
        notebook = nbformat.read(path, as_version=4)
        add_cards(notebook, graded.exercises, graded.repairs, graded.errors)
        write_whole(path, f"{nbformat.writes(notebook)}\n")
