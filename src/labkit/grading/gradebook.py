"""Writes what an instructor opens: the gradebook, every check's details, executed notebooks.

``gradebook.csv``: a row per submission. ``details.jsonl``: a line per submission and check.
``executed/``: each notebook as it ran, with the verdicts in place. ``evidence/``: what each left.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat

from labkit.grading.files import json_line, write_whole
from labkit.grading.outcome import Graded
from labkit.labs import Lab

#: What a spreadsheet would take for the start of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_gradebook(out: Path, lab: Lab, graded: Sequence[Graded]) -> None:
    """Write ``gradebook.csv`` and ``details.jsonl``, in order of name.

    Args:
        out: the folder; made if missing.
        lab: the lab, for the columns.
        graded: the outcome of every submission.

    Raises:
        CourseError: a file cannot be written.
    """
    rows = sorted(graded, key=lambda one: one.name)
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    exercises = [exercise.id for exercise in lab.exercises]
    writer.writerow(["submission", "state", "points", "max_points", *exercises, "reason"])
    for one in rows:
        by_exercise = {result.exercise: f"{result.points:g}" for result in one.exercises}
        points = [by_exercise[exercise] for exercise in exercises]
        head = [_text(one.name), one.state_text, f"{one.points:g}", f"{one.max_points:g}"]
        writer.writerow([*head, *points, _text(one.reason)])
    # The mark at the start is what makes Excel read names that are not English.
    write_whole(out / "gradebook.csv", f"\ufeff{table.getvalue()}")
    write_whole(out / "details.jsonl", "".join(f"{line}\n" for line in _details(rows)))


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
        text = nbformat.writes(graded.notebook)
        write_whole(out / "executed" / f"{file_name}.ipynb", f"{text}\n")
    evidence = {name: one.to_json() for name, one in graded.evidence.items()}
    # Python's JSON, with NaN as a number: checks must find it as they found it.
    write_whole(out / "evidence" / f"{file_name}.json", f"{json.dumps(evidence)}\n")


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
                    }
                )


def _text(value: str) -> str:
    """Text a spreadsheet shows and does not run."""
    return f"'{value}" if value.startswith(FORMULA) else value
