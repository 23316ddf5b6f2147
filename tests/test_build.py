"""Built notebooks are what the sources give; whoever edits one by hand is told."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result
from conftest import REPOSITORY
from nbformat.v4 import new_code_cell, new_notebook

from labkit.build.command import command
from labkit.build.execute import run_notebook
from labkit.errors import CourseError
from labkit.paths import Course

BUILT = ("notebooks", "labs", "solutions")


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A copy of what the build reads and writes."""
    for name in ("content", *BUILT):
        shutil.copytree(REPOSITORY.root / name, tmp_path / name)
    (tmp_path / "course.py").touch()
    monkeypatch.setenv("LABKIT_ROOT", str(tmp_path))
    return Course(tmp_path)


def build(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_everything_in_the_repository_is_current(copy: Course) -> None:
    result = build("--check")
    assert result.exit_code == 0, result.output
    assert "notebooks are current" in result.output


def test_a_notebook_edited_by_hand_fails_the_check_and_is_built_again(copy: Course) -> None:
    path = copy.labs / "lab01_tracking.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].source += "\nBy hand."
    nbformat.write(notebook, path)
    result = build("--check")
    assert result.exit_code == 1
    assert "labs/lab01_tracking.ipynb is not what its source gives: cell 3 differs" in result.output
    build()
    assert path.read_bytes() == (REPOSITORY.labs / path.name).read_bytes()
    assert build("--check").exit_code == 0


def test_a_source_changed_without_a_build_fails_the_check(copy: Course) -> None:
    source = copy.lab_sources / "lab01_tracking" / "lab.py"
    source.write_text(source.read_text(encoding="utf-8").replace("Set-up", "Setting up"))
    result = build("--check")
    assert result.exit_code == 1
    assert "labs/lab01_tracking.ipynb" in result.output
    assert "solutions/lab01_tracking.ipynb" in result.output


def test_a_solution_without_outputs_fails_the_check(copy: Course) -> None:
    path = copy.solutions / "lab01_tracking.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert "was not executed" in build("--check").output.replace("were", "was")


def test_a_notebook_without_a_source_fails_the_check_and_is_removed(copy: Course) -> None:
    left = copy.notebooks / "an_old_chapter.ipynb"
    shutil.copyfile(copy.labs / "lab01_tracking.ipynb", left)
    assert "notebooks/an_old_chapter.ipynb has no source" in build("--check").output
    build()
    assert not left.exists()


def test_a_solution_outside_its_markers_is_not_built_into_the_students_lab(copy: Course) -> None:
    source = copy.lab_sources / "lab01_tracking" / "lab.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("### END SOLUTION", "### END SOLUTON", 1), encoding="utf-8")
    result = build("lab01_tracking")
    assert isinstance(result.exception, CourseError)
    assert "marker" in result.exception.why
    assert "SOLUTION" not in (copy.labs / "lab01_tracking.ipynb").read_text(encoding="utf-8")


def test_a_name_nothing_has_is_told_with_those_there_are(copy: Course) -> None:
    result = build("lab99")
    assert isinstance(result.exception, CourseError)
    assert "lab01_tracking" in result.exception.why


def test_an_output_that_varies_stops_the_build(classroom: Course) -> None:
    notebook = new_notebook(cells=[new_code_cell("import uuid; print(uuid.uuid4().hex)")])
    with pytest.raises(CourseError, match="holds an id"):
        run_notebook(notebook, classroom.notebooks, dict(os.environ))


def test_a_cell_that_fails_stops_the_build_and_is_shown(classroom: Course) -> None:
    notebook = new_notebook(cells=[new_code_cell("1 / 0")])
    with pytest.raises(CourseError, match="ZeroDivisionError"):
        run_notebook(notebook, classroom.notebooks, dict(os.environ))
