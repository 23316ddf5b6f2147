"""A lab is written once: the student's form holds the task and nothing of the solution."""

from __future__ import annotations

from collections import Counter

import nbformat
import pytest
from conftest import REPOSITORY
from nbformat import NotebookNode

from labkit.build.targets import leaks
from labkit.labs import Lab, all_labs

LABS = {lab.name: lab for lab in all_labs(REPOSITORY)}


@pytest.fixture(params=LABS)
def lab(request: pytest.FixtureRequest) -> Lab:
    return LABS[request.param]


def test_the_students_lab_holds_no_line_of_a_solution(lab: Lab) -> None:
    built = nbformat.read(REPOSITORY.labs / f"{lab.name}.ipynb", as_version=4)
    assert len(lab.solution_lines()) > 10
    for notebook in (built, lab.student_notebook()):
        assert leaks(lab, notebook) == []
    assert leaks(lab, lab.solution_notebook())


def test_the_students_lab_is_valid_and_has_no_outputs(lab: Lab) -> None:
    notebook = lab.student_notebook()
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)


def test_every_exercise_has_an_answer_cell_then_one_check_cell(lab: Lab) -> None:
    for exercise in lab.exercises:
        roles = [role for role, of in roles_of(lab.student_notebook()) if of == exercise.id]
        assert roles[-1] == "check"
        assert Counter(roles)["check"] == 1
        assert Counter(roles)["answer"] >= 1


def test_every_exercise_has_public_and_hidden_checks_and_the_points_its_text_promises(
    lab: Lab,
) -> None:
    for exercise in lab.exercises:
        public = [one for one in lab.public_checks if one.exercise == exercise.id]
        hidden = [one for one in lab.hidden_checks if one.exercise == exercise.id]
        assert public
        assert hidden
        assert not any(one.hidden for one in public)
        assert all(one.hidden for one in hidden)
        assert exercise.points == sum(one.points for one in public + hidden)


def test_every_hint_has_two_different_sentences(lab: Lab) -> None:
    for one in lab.checks:
        for name, hint in one.hints.items():
            assert hint.first.strip(), (one.id, name)
            assert hint.second.strip(), (one.id, name)
            assert hint.first != hint.second, (one.id, name)


def test_cell_ids_stay_when_a_cell_is_added_before_them(lab: Lab) -> None:
    before = [cell.id for cell in lab.student_notebook().cells]
    more = Lab(lab.name, lab.folder)
    more.__dict__["text"] = lab.text.replace("# %% [markdown]", "# %%\n1 + 1\n\n# %% [markdown]", 1)
    after = [cell.id for cell in more.student_notebook().cells]
    assert set(before) <= set(after)
    assert len(set(after)) == len(after)


def roles_of(notebook: NotebookNode) -> list[tuple[str, str]]:
    found = [cell.metadata["labkit"] for cell in notebook.cells if "labkit" in cell.metadata]
    return [(one["role"], one["exercise"]) for one in found]
