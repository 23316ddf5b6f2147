"""No batch starts unless the grader proves itself on two notebooks whose points are known.

The lab's own solution must score everything and the student's lab, untouched, nothing: on every
warm process that will grade, and once for each state of the lab and its tools on cold kernels
too, so that warm and cold are known to agree.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import nbformat
from filelock import FileLock

from labkit.errors import CourseError
from labkit.grading.bench import Bench, Confine, Engine, Order, open_bench
from labkit.grading.grade import grade_one
from labkit.grading.journal import lab_digest
from labkit.grading.load import read_submission
from labkit.grading.outcome import Graded
from labkit.labs import Lab, load_lab
from labkit.paths import Course

#: The packages that decide what a lab's code does.
TOOLS = ("mlflow", "scikit-learn", "pandas", "numpy", "ipykernel", "model-registry-lab")


def require_golden(bench: Bench) -> None:
    """Grade the solution and the untouched lab on a bench.

    Raises:
        CourseError: one of them does not score what it must.
    """
    solved = _grade(bench, bench.lab.solution_notebook())
    if solved.points != solved.max_points or solved.errors:
        raise _refusal(bench, "The lab's own solution", solved, solved.max_points)
    empty = _grade(bench, bench.lab.student_notebook())
    if empty.points or empty.errors:
        raise _refusal(bench, "The lab as students get it", empty, 0)


def require_golden_cold(order: Order) -> None:
    """The same on cold kernels, unless it is known for this lab and these tools.

    Raises:
        CourseError: one of them does not score what it must.
    """
    course = Course(order.root)
    known = course.state / "gate" / _state(load_lab(course, order.lab), course)
    known.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(known.with_suffix(".lock")):
        if not known.exists():
            with open_bench(replace(order, engine=Engine.COLD, confine=Confine.NONE)) as bench:
                require_golden(bench)
            known.touch()


def _grade(bench: Bench, notebook: nbformat.NotebookNode) -> Graded:
    with tempfile.TemporaryDirectory(prefix="labkit-gate-") as folder:
        path = Path(folder) / f"{bench.lab.name}.ipynb"
        nbformat.write(notebook, path)
        return grade_one(read_submission("golden", path, bench.lab.name), bench)


def _state(lab: Lab, course: Course) -> str:
    """A name for what the outcome depends on: the lab, its data, the tools."""
    versions = [f"{name} {importlib.metadata.version(name)}" for name in TOOLS]
    pointer = course.root / "data.dvc"
    data = pointer.read_bytes() if pointer.is_file() else b""
    parts = [lab_digest(lab), sys.version, *versions]
    return hashlib.sha256("\n".join(parts).encode() + data).hexdigest()[:24]


def _refusal(bench: Bench, what: str, graded: Graded, wanted: float) -> CourseError:
    wrong = next(
        (
            f"{one.check}: {one.message}"
            for exercise in graded.exercises
            for one in exercise.results
            if (one.points != one.max_points) == bool(wanted)
        ),
        "no check says why",
    )
    reason = graded.reason or wrong
    return CourseError(
        f"No submission was graded: {what[0].lower()}{what[1:]} scores {graded.points:g} "
        f"points with the {bench.engine} engine, not {wanted:g}.",
        why=f"{what} shows whether the grader can be trusted here. {reason}",
        next_step="Mend the lab, or its data, or the environment (python course.py doctor)"
        + ("; --engine cold may work meanwhile." if bench.warm else "."),
    )
