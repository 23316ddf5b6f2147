"""Judges again what a batch left behind, without executing anything.

After a check, its points or a hint changed, the kept evidence of every submission goes through
the lab's checks as they are now. A regrade that is killed is completed by the next one: notebooks
are written first, then the journal, then the gradebook.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat

from labkit.checks import CheckResult, ExerciseResult, run_checks
from labkit.errors import CourseError
from labkit.evidence import Evidence
from labkit.grading.feedback import add_cards
from labkit.grading.files import file_names, json_line, write_whole
from labkit.grading.gradebook import (
    evidence_digest,
    evidence_path,
    executed_path,
    write_gradebook,
)
from labkit.grading.journal import Journal, Kept, lab_digest, text_digest
from labkit.grading.outcome import Graded, State, no_points
from labkit.grading.places import alone
from labkit.grading.similar import flag_copies
from labkit.labs import Lab, load_lab
from labkit.paths import Course

#: What the gradebook says of a submission that a batch did not come to.
WAITING = "It is not graded yet: run labkit grade again."


@dataclass(frozen=True, slots=True)
class Change:
    """What regrading changes for one check of one submission.

    Args:
        submission: its name.
        exercise: the exercise's id.
        check: the check's id.
        before: what it gave, None where there was no such check.
        after: what it gives now, None where there is no such check any more.
    """

    submission: str
    exercise: str
    check: str
    before: CheckResult | None
    after: CheckResult | None

    def __str__(self) -> str:
        return f"{self.submission}  {self.exercise}  {self.check}  {'; '.join(self.differences())}"

    def differences(self) -> Iterator[str]:
        """What is different, each in a few words."""
        points = [_points(one) for one in (self.before, self.after)]
        if points[0] != points[1]:
            yield " -> ".join(points)
        if self.before is None or self.after is None:
            return
        for what, values in (
            ("message", (self.before.message, self.after.message)),
            ("hint", (_hint(self.before), _hint(self.after))),
        ):
            if values[0] != values[1]:
                yield f"{what} {values[0]!r} -> {values[1]!r}"
        if self.before.hidden != self.after.hidden:
            yield "now hidden" if self.after.hidden else "no longer hidden"
        if json_line(self.before.looked_at) != json_line(self.after.looked_at):
            yield "looked at other evidence"


@dataclass(frozen=True, slots=True)
class Regraded:
    """What regrading changes.

    Args:
        changes: the verdicts that change, in order of submission.
        points: by submission, its points before and after, where they change.
        waiting: submissions of the batch that have not been graded.
    """

    changes: tuple[Change, ...]
    points: Mapping[str, tuple[str, str]]
    waiting: tuple[str, ...]


def regrade(out: Path, course: Course, *, write: bool) -> Regraded:
    """Judge the kept evidence of a batch by the lab's checks as they are now.

    Args:
        out: the folder ``labkit grade`` wrote.
        course: where the lab is.
        write: whether to write the new gradebook, details, notebooks and journal.

    Returns:
        What changes.

    Raises:
        CourseError: the folder holds no batch, its lab is gone, the lab's text changed (then
            what was executed is not what would be now), evidence is missing, or the results
            cannot be written. Nothing is written before all is judged.
    """
    with alone(out) if write else contextlib.nullcontext():
        return _regrade(out, *_batch(out, course), write=write)


def _regrade(out: Path, lab: Lab, names: list[str] | None, *, write: bool) -> Regraded:
    journal = Journal(out / "journal.jsonl", lab_digest(lab))
    newest, text = journal.newest(), text_digest(lab)
    names = sorted(newest) if names is None else names
    files = file_names(newest)
    # What ran with another text of the lab waits for a grader that was stopped.
    ready = {name for name, one in newest.items() if one.text in {text, ""}}
    kept = [_named(newest[name], files[name]) for name in names if name in ready]
    again = [replace(one, graded=_judged(one, lab, out)) for one in kept]
    waiting = tuple(name for name in names if name not in ready)
    if not kept:
        raise CourseError(
            f"{out} holds nothing that could be regraded.",
            why="The journal has no outcome of any of the batch's submissions.",
            next_step="Grade them with labkit grade.",
        )
    if write:
        for one in again:
            _rewrite_cards(out, one)
        journal.add(*again)
        late = [_waiting(name, lab) for name in waiting]
        contents = {one.graded.name: one.content for one in again}
        write_gradebook(out, lab, flag_copies([*(one.graded for one in again), *late], contents))
    pairs = [(one.graded, other.graded) for one, other in zip(kept, again, strict=True)]
    changes = tuple(change for one, other in pairs for change in _changes(one, other))
    return Regraded(changes, dict(_points_changed(pairs)), waiting)


def _batch(out: Path, course: Course) -> tuple[Lab, list[str] | None]:
    """The lab of a batch and its submissions; None where an older grader did not write them."""
    try:
        batch = json.loads((out / "batch.json").read_text(encoding="utf-8"))
        name, text = str(batch["lab"]), str(batch["text"])
        names = sorted(map(str, batch["submissions"])) if "submissions" in batch else None
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
    return lab, names


def _named(kept: Kept, file_name: str) -> Kept:
    """With the name of its files, which an older journal leaves out."""
    return kept if kept.file_name else replace(kept, file_name=file_name)


def _waiting(name: str, lab: Lab) -> Graded:
    nothing = (
        no_points(exercise.id, (one for one in lab.checks if one.exercise == exercise.id), WAITING)
        for exercise in lab.exercises
    )
    return Graded(name, State.FAULT, tuple(nothing), reason=WAITING)


def _judged(kept: Kept, lab: Lab, out: Path) -> Graded:
    """The outcome by today's checks; an exercise without evidence earns nothing, as before."""
    evidence = _evidence(kept, out)
    before = {one.exercise: one for one in kept.graded.exercises}
    exercises = []
    for exercise in lab.exercises:
        if exercise.id in evidence:
            exercises.append(run_checks(lab.checks, evidence[exercise.id]))
        else:
            checks = [one for one in lab.checks if one.exercise == exercise.id]
            exercises.append(no_points(exercise.id, checks, _reason(before.get(exercise.id))))
    return replace(kept.graded, exercises=tuple(exercises))


def _evidence(kept: Kept, out: Path) -> dict[str, Evidence]:
    path = evidence_path(out, kept.file_name)
    digest = evidence_digest(out, kept.file_name)
    if not digest or digest != (kept.evidence or digest):
        raise CourseError(
            f"{path} is {'not what was kept' if digest else 'missing'}.",
            why="It was changed or removed, or a grader was stopped while it graded anew.",
            next_step="Put the checks back as they were and run labkit grade again: it executes "
            "this submission once more. Then regrade.",
        )
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {exercise: Evidence.from_json(one) for exercise, one in values.items()}
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
        change = Change(before.name, *key, old.get(key), new.get(key))
        if any(change.differences()):
            yield change


def _points_changed(
    pairs: list[tuple[Graded, Graded]],
) -> Iterator[tuple[str, tuple[str, str]]]:
    for pair in pairs:
        before, after = (f"{one.points:g} of {one.max_points:g}" for one in pair)
        if before != after:
            yield pair[0].name, (before, after)


def _points(result: CheckResult | None) -> str:
    return "no check" if result is None else f"{result.points:g} of {result.max_points:g}"


def _hint(result: CheckResult) -> str:
    return " ".join(result.hint_texts or ())


def _rewrite_cards(out: Path, kept: Kept) -> None:
    """Put today's cards into the executed notebook, whatever a killed regrade made of it."""
    path = executed_path(out, kept.file_name)
    if path.is_file():
        text, graded = path.read_text(encoding="utf-8"), kept.graded
        notebook = nbformat.v4.reads(text)  # ours, so not validated: that takes ten times as long
        add_cards(notebook, graded.exercises, graded.repairs, graded.errors)
        new = f"{nbformat.v4.writes(notebook)}\n"
        if new != text:
            write_whole(path, new)
