"""``nbgrader autograde`` on the lab in nbgrader's form: check cells are autograder tests.

Such a test ends with the points our checks give, which nbgrader takes as partial credit. Making
the assignment and exporting the grades are not timed.
"""

from __future__ import annotations

import csv
import functools
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from labkit.checks import Check
from labkit.grading.repair import exercise_of, is_check
from peers.case import Case, Result
from peers.environment import KERNEL, install, peer_in
from peers.measure import must

VERSION = "0.9.6"
#: nbgrader's own limits, 30 s for a cell and 60 s for a kernel, are short for a busy machine.
CONFIG = """
c.ExecutePreprocessor.timeout = 120
c.ExecutePreprocessor.startup_timeout = 120
"""


def nbgrader_way(case: Case) -> Result:
    """Grade all submissions with one command, which takes one after the other."""
    home = install("nbgrader", VERSION, cache=case.cache, course=case.course)
    peer = peer_in(home, case.folder, course=case.course, lab=case.lab, template=case.template)
    room, lab = case.folder / "course", case.lab
    room.mkdir()
    (room / "nbgrader_config.py").write_text(f"c = get_config()\n{CONFIG}", encoding="utf-8")
    run = functools.partial(must, folder=room, environment=peer.environment)
    program = str(peer.programs / "nbgrader")

    assigned = as_assignment(lab.student_notebook(), lab.checks)
    _write(assigned, room / "source" / lab.name / f"{lab.name}.ipynb")
    students = dict[str, str]()
    for number, (name, notebook) in enumerate(case.notebooks()):
        students[f"s{number:04}"] = name
        place = room / "submitted" / f"s{number:04}" / lab.name / f"{lab.name}.ipynb"
        _write(as_assignment(notebook, lab.checks), place)
    run([program, "generate_assignment", lab.name], log=case.folder / "generate.log")
    usage = run(
        [program, "autograde", lab.name],
        log=case.folder / "autograde.log",
        tick=lambda: case.tell(len(list(room.glob("autograded/*/*/*.ipynb")))),
    )
    run([program, "export", "--to", "grades.csv"], log=case.folder / "export.log")
    with (room / "grades.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["student_id"] in students]
    return Result(usage, {students[row["student_id"]]: float(row["score"]) for row in rows})


def as_assignment(notebook: NotebookNode, checks: tuple[Check, ...]) -> NotebookNode:
    """A notebook of the lab in nbgrader's form; it is changed in place.

    Args:
        notebook: the student's lab, with or without answers.
        checks: all checks of the lab, for the points.
    """
    notebook.metadata["kernelspec"] = {
        "name": KERNEL,
        "display_name": KERNEL,
        "language": "python",
    }
    for cell in notebook.cells:
        exercise = exercise_of(cell)
        if is_check(cell):
            worth = sum(one.points for one in checks if one.exercise == exercise)
            cell.source = f'from peers.in_kernel import points\n\npoints("{exercise}")'
            cell.metadata = {"nbgrader": _role(cell, test=True, points=worth)}
        elif exercise and cell.cell_type == "code":
            cell.metadata = {"nbgrader": _role(cell, test=False)}
    return notebook


def _role(cell: NotebookNode, *, test: bool, **worth: float) -> dict[str, object]:
    return {
        "grade": test,
        "solution": not test,
        "locked": test,
        "task": False,
        "grade_id": cell.id,
        "schema_version": 3,
        **worth,
    }


def _write(notebook: NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
