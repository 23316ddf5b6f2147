"""Writes what an instructor opens: the gradebook, every check's details, executed notebooks.

``gradebook.csv``: a row per submission. ``details.jsonl``: a line per submission and check.
``checks.csv``: a row per check. ``executed/``: each notebook as it ran, with the verdicts in place.
``evidence/``: what each left.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat

from labkit.grading.files import json_line, write_table, write_whole, writing
from labkit.grading.outcome import Graded
from labkit.grading.statistics import write_checks
from labkit.labs import Lab


def write_gradebook(out: Path, lab: Lab, graded: Sequence[Graded]) -> None:
    """Write ``gradebook.csv``, ``details.jsonl`` and ``checks.csv``, in order of name.

    Args:
        out: the folder; made if missing.
        lab: the lab, for the columns.
        graded: the outcome of every submission.

    Raises:
        CourseError: a file cannot be written.
    """
    rows = sorted(graded, key=lambda one: one.name)
    exercises = [exercise.id for exercise in lab.exercises]
    head = ["submission", "state", "points", "max_points", *exercises]
    head += ["reason", "confined", "flags"]
    # What explains comes before what counts: a gradebook is whole as soon as it is there.
    write_whole(out / "details.jsonl", "".join(f"{line}\n" for line in _details(rows)))
    write_checks(out, rows)
    write_table(out / "gradebook.csv", head, (_row(one, exercises) for one in rows))


def how_confined(graded: Graded) -> str:
    """By what a submission was shut in while it ran, as the gradebook says it."""
    if not graded.executed:
        return "not executed"
    return graded.confined or "not recorded"


def executed_path(out: Path, file_name: str) -> Path:
    """Where a submission's executed notebook is."""
    return out / "executed" / f"{file_name}.ipynb"


def evidence_path(out: Path, file_name: str) -> Path:
    """Where what a submission left behind is."""
    return out / "evidence" / f"{file_name}.json"


def write_notebook(out: Path, file_name: str, graded: Graded) -> None:
    """Write the executed notebook and the evidence of a submission that ran.

    Args:
        out: the output folder.
        file_name: what both files are called, without suffix (``file_names``).
        graded: the outcome.

    Raises:
        CourseError: a file cannot be written.
    """
    if graded.notebook is not None:
        write_whole(executed_path(out, file_name), f"{nbformat.writes(graded.notebook)}\n")
    evidence = {name: one.to_json() for name, one in graded.evidence.items()}
    # Python's JSON, with NaN as a number: checks must find it as they found it.
    write_whole(evidence_path(out, file_name), f"{json.dumps(evidence)}\n")


def copy_files(out: Path, file_name: str, copy: str) -> None:
    """Give a copy the notebook and the evidence of the submission it is a copy of.

    Args:
        out: the output folder.
        file_name: what the files of the submission are called, without suffix.
        copy: what those of its copy are called.

    Raises:
        CourseError: a file cannot be read or written.
    """
    for path_of in (executed_path, evidence_path):
        with writing(path_of(out, copy)):
            write_whole(path_of(out, copy), path_of(out, file_name).read_bytes())


def evidence_digest(out: Path, file_name: str) -> str:
    """SHA-256 of a submission's evidence file; empty where there is none that can be read."""
    try:
        return hashlib.sha256(evidence_path(out, file_name).read_bytes()).hexdigest()
    except OSError:
        return ""


def _row(one: Graded, exercises: Sequence[str]) -> list[str]:
    by_exercise = {result.exercise: f"{result.points:g}" for result in one.exercises}
    points = [by_exercise[exercise] for exercise in exercises]
    head = [one.name, one.state_text, f"{one.points:g}", f"{one.max_points:g}"]
    return [*head, *points, one.reason, how_confined(one), "; ".join(one.flags)]


def _details(rows: Sequence[Graded]) -> Iterator[str]:
    for one in rows:
        for result in one.exercises:
            errors = [str(error) for error in one.errors if error.exercise == result.exercise]
            for check in result.results:
                yield json_line(
                    {
                        "submission": one.name,
                        "exercise": result.exercise,
                        "check": check.check,
                        "hidden": check.hidden,
                        "points": check.points,
                        "max_points": check.max_points,
                        "message": check.message,
                        "hint": check.hint,
                        "hint_text": check.hint_texts[-1] if check.hint_texts else None,
                        "looked_at": check.looked_at,
                        "errors": errors,
                        "confined": how_confined(one),
                        "flags": one.flags,
                    }
                )
