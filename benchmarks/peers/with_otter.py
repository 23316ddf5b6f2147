"""``otter run``, otter's way without Docker, once per notebook, on the lab in otter's form.

A check cell becomes a question, whose tests are the steps of the points our checks give. Making
the autograder's zip is not timed.
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from labkit.grading.repair import exercise_of, is_check
from labkit.labs import Lab
from peers.case import Case, Result
from peers.environment import KERNEL, install, peer_in
from peers.measure import Usage, must

VERSION = "7.0.0"
TESTS = """OK_FORMAT = False
name = {question!r}
points = None

from peers.in_kernel import otter_tests

globals().update(otter_tests({exercise!r}))
"""


def otter_way(case: Case) -> Result:
    """Grade each submission with a command of its own."""
    home = install("otter-grader", VERSION, cache=case.cache, course=case.course)
    # Otter's tests run in the student's kernel, so it has to be importable there.
    peer = peer_in(
        home,
        case.folder,
        course=case.course,
        lab=case.lab,
        template=case.template,
        imports=True,
    )
    program = str(peer.programs / "otter")
    _write_tests(case.lab, case.folder / "tests")
    must(
        [program, "generate", "--tests-dir", "tests"],
        folder=case.folder,
        environment=peer.environment,
        log=case.folder / "generate.log",
    )
    usage, points = Usage(), dict[str, float]()
    for number, (name, notebook) in enumerate(case.notebooks()):
        room = case.folder / f"{number:04}"
        room.mkdir()
        nbformat.write(as_questions(notebook), room / f"{case.lab.name}.ipynb")
        usage += must(
            [program, "run", f"{case.lab.name}.ipynb", "-a", "../autograder.zip", "--no-logo"],
            folder=room,
            environment=peer.environment,
            log=room / "log",
        )
        points[name] = _points(room / "results.json")
        case.tell(number + 1)
    return Result(usage, points)


def as_questions(notebook: NotebookNode) -> NotebookNode:
    """A notebook of the lab in otter's form; it is changed in place.

    Args:
        notebook: the student's lab, with or without answers.
    """
    notebook.metadata["kernelspec"] = {
        "name": KERNEL,
        "display_name": KERNEL,
        "language": "python",
    }
    for cell in notebook.cells:
        if is_check(cell):
            cell.source = ""
            cell.metadata = {"otter": {"tests": [_question(exercise_of(cell))]}}
    return notebook


def _question(exercise: str) -> str:
    return f"q{exercise.replace('.', '_')}"


def _write_tests(lab: Lab, folder: Path) -> None:
    folder.mkdir()
    for exercise in lab.exercises:
        question = _question(exercise.id)
        text = TESTS.format(question=question, exercise=exercise.id)
        (folder / f"{question}.py").write_text(text, encoding="utf-8")


def _points(results: Path) -> float:
    found = json.loads(results.read_bytes())["tests"]
    return round(sum(one.get("score", 0.0) for one in found), 2)
