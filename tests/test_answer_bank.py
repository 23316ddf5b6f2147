"""Every answer of every lab's bank gets the points and the hints it must get."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from conftest import REPOSITORY, BenchFor

from labkit.bank import bank_mismatches, bank_notebooks, lint_bank
from labkit.grading.bench import Bench, Order
from labkit.grading.grade import grade_one
from labkit.grading.load import read_submission
from labkit.grading.outcome import Graded, State
from labkit.labs import all_labs
from labkit.paths import Course

LABS = {lab.name: lab for lab in all_labs(REPOSITORY)}
BANK = {
    (name, notebook): (cells, answers)
    for name, lab in LABS.items()
    for notebook, cells, answers in bank_notebooks(lab)
}


@pytest.fixture(scope="module")
def benches(course: Course, bench_for: BenchFor) -> dict[str, Bench]:
    return {name: bench_for(Order(course.root, name)) for name in LABS}


def handed_in(notebook: nbformat.NotebookNode, folder: Path, bench: Bench) -> Graded:
    path = folder / "submission.ipynb"
    nbformat.write(notebook, path)
    return grade_one(read_submission("submission", path, bench.lab.name), bench)


@pytest.mark.parametrize("name", LABS)
def test_the_bank_has_three_right_answers_and_five_mistakes_for_every_exercise(name: str) -> None:
    assert lint_bank(LABS[name]) == []


@pytest.mark.parametrize("name", LABS)
def test_the_students_lab_untouched_scores_nothing_and_shows_no_traceback(
    name: str, benches: dict[str, Bench], tmp_path: Path
) -> None:
    graded = handed_in(LABS[name].student_notebook(), tmp_path, benches[name])
    assert graded.state is State.EMPTY
    assert graded.points == 0
    assert graded.errors == ()


@pytest.mark.parametrize("name", LABS)
def test_the_solution_scores_everything(
    name: str, benches: dict[str, Bench], tmp_path: Path
) -> None:
    graded = handed_in(LABS[name].solution_notebook(), tmp_path, benches[name])
    assert graded.points == graded.max_points == sum(one.points for one in LABS[name].checks)
    assert graded.errors == ()


@pytest.mark.parametrize(("name", "number"), BANK, ids=[f"{a}-{b}" for a, b in BANK])
def test_every_answer_gets_the_points_and_hints_it_must_get(
    name: str, number: str, benches: dict[str, Bench], tmp_path: Path
) -> None:
    notebook, answers = BANK[name, number]
    graded = handed_in(notebook, tmp_path, benches[name])
    assert graded.state is State.GRADED, graded.reason
    assert bank_mismatches(graded.exercises, answers) == []
