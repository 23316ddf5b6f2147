"""Papermill's command line, once per notebook, with a store that MLflow makes.

Check cells are left out. The points come from the same checks, read from the store at the end;
that is not timed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat

from labkit.checks import run_checks
from labkit.errors import CourseError
from labkit.evidence.collect import collect
from labkit.grading.bench import Bench, Order, open_bench
from labkit.grading.environment import grading_environment
from labkit.grading.repair import is_check
from labkit.paths import Course
from labkit.workspace import make_workspace
from peers.case import Case, Result
from peers.measure import Usage, measure


def papermill_way(case: Case) -> Result:
    """Run each notebook; papermill gives up on one in which a cell raises an error."""
    usage, given_up, workspaces = Usage(), set(), dict[str, Course]()
    for number, (name, notebook) in enumerate(case.notebooks()):
        root = case.folder / str(number)
        workspaces[name] = make_workspace(root, course=case.course, template=case.template)
        workspaces[name].database.unlink()
        (workspaces[name].state / "home").mkdir()
        notebook.cells = [cell for cell in notebook.cells if not is_check(cell)]
        nbformat.write(notebook, root / "in.ipynb")
        status, took = _run(workspaces[name], root)
        usage += took
        if status:
            given_up.add(name)
        case.tell(number + 1)
    with open_bench(Order(case.course.root, case.lab.name)) as bench:
        points = {name: _points(bench, workspace) for name, workspace in workspaces.items()}
    return Result(usage, points, frozenset(given_up))


def _run(workspace: Course, root: Path) -> tuple[int, Usage]:
    return measure(
        [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "--cwd", "labs"],
        folder=root,
        environment=grading_environment(workspace),
        log=root / "log",
    )


def _points(bench: Bench, workspace: Course) -> float:
    try:
        found = [collect(workspace, exercise.id) for exercise in bench.lab.exercises]
    except CourseError:  # nothing was logged, so MLflow has made no store
        return 0.0
    results = [run_checks(bench.lab.checks, bench.predictor.ask(workspace, one)) for one in found]
    return round(sum(result.points for result in results), 2)
