"""Regrading judges kept evidence by today's checks, and says what changes before it writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support_grading import NAME, hand_in, make_course, tiny_lab

from labkit.errors import CourseError
from labkit.grading.batch import grade_batch
from labkit.grading.bench import Engine, Order
from labkit.grading.regrade import regrade
from labkit.paths import Course


@pytest.fixture
def graded(tmp_path: Path, template: Path) -> tuple[Course, Path]:
    """A batch of two, one right and one nearly."""
    course = make_course(tmp_path / "course")
    (course.state / "template").mkdir(parents=True)
    shutil.copy(template, course.state / "template")
    for name, value in {"anna": 42, "ben": 41}.items():
        answer = {"1.1": f'labkit.declare("1.1", value={value})'}
        hand_in(tmp_path / "in" / f"{name}.ipynb", tiny_lab(course), answer)
    grade_batch(tmp_path / "in", tmp_path / "out", Order(course.root, NAME, Engine.COLD))
    return course, tmp_path / "out"


def files(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def change_check(course: Course, before: str, after: str) -> None:
    path = course.lab_sources / NAME / "checks.py"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def fresh(course: Course) -> Course:
    """The same course in another place, so that its checks are loaded anew."""
    place = course.root.with_name("changed")
    shutil.copytree(course.root, place)
    return Course(place)


def test_nothing_changes_where_nothing_changed(graded: tuple[Course, Path]) -> None:
    course, out = graded
    before = files(out)["gradebook.csv"]
    assert regrade(out, course, write=True) == []
    assert files(out)["gradebook.csv"] == before


def test_a_changed_check_is_shown_first_and_then_written_without_executing(
    graded: tuple[Course, Path],
) -> None:
    course, out = fresh(graded[0]), graded[1]
    change_check(course, "if value == 42", "if value in (41, 42)")
    before = files(out)
    changes = regrade(out, course, write=False)
    assert [str(one) for one in changes] == ["ben  1.1  is_the_answer  0 -> 2"]
    assert files(out) == before
    regrade(out, course, write=True)
    assert regrade(out, course, write=False) == []
    book = (out / "gradebook.csv").read_text(encoding="utf-8-sig").splitlines()
    anna, ben = (line.split(",")[2] for line in book[1:])
    assert anna == ben
    assert "It is 42." in (out / "executed" / "ben.ipynb").read_text(encoding="utf-8")


def test_grading_again_after_a_regrade_executes_nothing(
    graded: tuple[Course, Path], tmp_path: Path
) -> None:
    course, out = fresh(graded[0]), graded[1]
    change_check(course, "Nearly.", "Almost.")
    regrade(out, course, write=True)
    batch = grade_batch(tmp_path / "in", out, Order(course.root, NAME, Engine.COLD))
    assert batch.new == 0


def test_another_text_of_the_lab_is_refused(graded: tuple[Course, Path]) -> None:
    course, out = fresh(graded[0]), graded[1]
    path = course.lab_sources / NAME / "lab.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# %%\n1 + 1\n", encoding="utf-8")
    with pytest.raises(CourseError, match="cannot be regraded"):
        regrade(out, course, write=True)


def test_a_folder_without_a_batch_is_refused(graded: tuple[Course, Path], tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="holds no graded batch"):
        regrade(tmp_path / "in", graded[0], write=False)
