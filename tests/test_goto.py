"""`labkit goto` makes the start of a chapter, and loses nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support_servers import course_in, give_data, labkit

from labkit.paths import Course
from labkit.servers.data import needs_pull

SHIPPED = '{"cells": []}\n'


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Course:
    course = course_in(tmp_path_factory.mktemp("goto") / "course", template)
    give_data(course)
    course.notebooks.mkdir()
    for name in ("07_04_tracking", "07_05_registry"):
        (course.notebooks / f"{name}.ipynb").write_text(SHIPPED)
    (course.root / "course.py").write_text("")
    author = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    for command in (["add", "--all"], [*author, "commit", "-q", "-m", "Course"]):
        subprocess.run(["git", *command], cwd=course.root, check=True)
    return course


@pytest.fixture
def worked_in(shipped: Course, tmp_path: Path) -> Course:
    """A course that was worked in."""
    shutil.copytree(shipped.root, tmp_path / "course")
    course = Course(tmp_path / "course")
    course.database.write_text("runs of mine")
    course.artifacts.mkdir()
    (course.artifacts / "model.skops").write_text("a model of mine")
    course.practice.mkdir()
    (course.practice / "notes.txt").write_text("notes")
    course.progress.write_text("{}")
    (course.data / "churn.csv").write_text("changed by me")
    (course.notebooks / "07_05_registry.ipynb").write_text("written by me")
    return course


def test_store_data_practice_and_notebook_begin_anew_and_all_of_it_is_kept(
    worked_in: Course,
) -> None:
    done = labkit(worked_in, "goto", "07_05")
    assert done.returncode == 0, done.stderr
    assert not worked_in.database.exists()
    assert not worked_in.artifacts.exists()
    assert not worked_in.practice.exists()
    assert not needs_pull(worked_in)
    assert (worked_in.notebooks / "07_05_registry.ipynb").read_text() == SHIPPED
    assert worked_in.progress.read_text() == "{}"
    kept = worked_in.state / "kept" / "07_05_registry"
    assert "kept/07_05_registry" in done.stdout
    assert (kept / ".course" / "mlflow.db").read_text() == "runs of mine"
    assert (kept / ".course" / "artifacts" / "model.skops").read_text() == "a model of mine"
    assert (kept / "practice" / "notes.txt").read_text() == "notes"
    assert (kept / "data" / "churn.csv").read_text() == "changed by me"
    assert (kept / "notebooks" / "07_05_registry.ipynb").read_text() == "written by me"


def test_a_second_time_keeps_both(worked_in: Course) -> None:
    assert labkit(worked_in, "goto", "07_05").returncode == 0
    worked_in.database.write_text("more runs")
    assert labkit(worked_in, "goto", "07_05").returncode == 0
    kept = worked_in.state / "kept"
    assert (kept / "07_05_registry" / ".course" / "mlflow.db").read_text() == "runs of mine"
    assert (kept / "07_05_registry-2" / ".course" / "mlflow.db").read_text() == "more runs"


@pytest.mark.parametrize(
    ("name", "told"), [("07_99", "07_99 is no chapter."), ("07", "07 is more than one chapter.")]
)
def test_a_name_that_is_no_chapter_changes_nothing(worked_in: Course, name: str, told: str) -> None:
    done = labkit(worked_in, "goto", name)
    assert done.returncode == 1
    assert told in done.stderr
    assert "07_04_tracking, 07_05_registry" in done.stderr
    assert worked_in.database.read_text() == "runs of mine"


def test_a_running_course_is_left_alone(classroom: Course) -> None:
    (classroom.notebooks / "07_99_running.ipynb").write_text(SHIPPED)
    done = labkit(classroom, "goto", "07_99")
    (classroom.notebooks / "07_99_running.ipynb").unlink()
    assert done.returncode == 1
    assert "The course is running." in done.stderr
    assert classroom.database.exists()
