"""Regrading judges kept evidence by today's checks, and says what changes before it writes."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from support_grading import NAME, hand_in, make_course, tiny_lab

from labkit.cli import cli
from labkit.errors import CourseError
from labkit.grading.batch import grade_batch
from labkit.grading.bench import Engine, Order
from labkit.grading.journal import text_digest
from labkit.grading.regrade import regrade
from labkit.paths import ROOT_VARIABLE, Course

VALUES = {"anna": "42", "ben": "41", "carla": "None"}
#: A check's id, and what it is worth to whom.
ANSWER = '@check("1.1", points=2, hints=OFF)'


@pytest.fixture(scope="module")
def class_(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Path:
    """A course and a graded batch: one right answer, one nearly right, one without a value."""
    folder = tmp_path_factory.mktemp("class")
    course = make_course(folder / "course")
    (course.state / "template").mkdir(parents=True)
    shutil.copy(template, course.state / "template")
    for name, value in VALUES.items():
        answer = {"1.1": f'labkit.declare("1.1", value={value})'}
        hand_in(folder / "in" / f"{name}.ipynb", tiny_lab(course), answer)
    grade(course, folder)
    return folder


@pytest.fixture
def graded(class_: Path, tmp_path: Path) -> tuple[Course, Path]:
    """That course in a place of its own, where its checks can be changed, and the results."""
    folder = tmp_path / "class"
    shutil.copytree(class_, folder)
    return Course(folder / "course"), folder / "out"


def grade(course: Course, folder: Path) -> int:
    """Grade what was handed in; how many were executed."""
    return grade_batch(folder / "in", folder / "out", Order(course.root, NAME, Engine.COLD)).new


def files(out: Path) -> dict[str, tuple[bytes, int]]:
    found = (path for path in out.rglob("*") if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def rows(out: Path) -> dict[str, dict[str, str]]:
    with (out / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def points(out: Path) -> dict[str, str]:
    return {name: f"{row['points']} of {row['max_points']}" for name, row in rows(out).items()}


def change_check(course: Course, before: str, after: str) -> None:
    path = course.lab_sources / NAME / "checks.py"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def change_batch(out: Path, **values: object) -> None:
    path = out / "batch.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}), encoding="utf-8")


def change_lines(out: Path, drop: str) -> None:
    """Take one's lines out of the journal."""
    path = out / "journal.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if f'"name": "{drop}"' not in line))


def said(course: Course, out: Path) -> list[str]:
    return [str(one) for one in regrade(out, course, write=False).changes]


def test_nothing_is_written_anew_where_nothing_changed(graded: tuple[Course, Path]) -> None:
    course, out = graded
    before = files(out)
    done = regrade(out, course, write=True)
    assert (done.changes, done.points, done.waiting) == ((), {}, ())
    after = files(out)
    assert {path: one[0] for path, one in after.items()} == {p: one[0] for p, one in before.items()}
    for path, one in after.items():
        if "executed" in path or "journal" in path:
            assert one == before[path]


def test_a_dry_run_says_what_would_change_and_touches_no_file(graded: tuple[Course, Path]) -> None:
    course, out = graded
    change_check(course, "if value == 42", "if value in (41, 42)")
    with (out / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"key": "a line that was being writ')
    before = files(out)
    done = regrade(out, course, write=False)
    (line,) = map(str, done.changes)
    assert line.startswith("ben  1.1  is_the_answer  0 of 2 -> 2 of 2; message")
    assert done.points == {"ben": ("3 of 5", "5 of 5")}
    assert files(out) == before


def test_what_the_dry_run_said_is_what_is_written(graded: tuple[Course, Path]) -> None:
    course, out = graded
    change_check(course, "if value == 42", "if value in (41, 42)")
    would = regrade(out, course, write=False)
    assert regrade(out, course, write=True) == would
    assert said(course, out) == []
    assert points(out) == {"anna": "5 of 5", "ben": "5 of 5", "carla": "2 of 5"}
    assert "It is 42." in (out / "executed" / "ben.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (
            ANSWER,
            ANSWER.replace("points=2", "points=4"),
            {"anna": "2 of 2 -> 4 of 4", "ben": "0 of 2 -> 0 of 4", "carla": "0 of 2 -> 0 of 4"},
        ),
        ("Add one.", "Add 1.", {"ben": "hint 'Nearly. Add one.' -> 'Nearly. Add 1.'"}),
        (
            "is not the answer",
            "is no answer",
            {
                "ben": "message '41 is not the answer.' -> '41 is no answer.'",
                "carla": "message 'None is not the answer.' -> 'None is no answer.'",
            },
        ),
        (
            "hint, value=value, ratio",
            "hint, values=[value], ratio",
            dict.fromkeys(("ben", "carla"), "looked at other evidence"),
        ),
        (
            "points=2, hints=OFF",
            "points=2, hints=OFF, hidden=True",
            dict.fromkeys(VALUES, "now hidden"),
        ),
    ],
    ids=["points", "hint", "message", "evidence", "hidden"],
)
def test_every_kind_of_change_is_told_of_those_it_meets(
    graded: tuple[Course, Path], before: str, after: str, changes: dict[str, str]
) -> None:
    course, out = graded
    change_check(course, before, after)
    assert said(course, out) == [
        f"{name}  1.1  is_the_answer  {change}" for name, change in changes.items()
    ]


def test_a_check_that_was_added_and_one_that_was_removed_are_told(
    graded: tuple[Course, Path],
) -> None:
    course, out = graded
    change_check(course, "def has_towel", "def has_a_towel")
    assert said(course, out)[:2] == [
        "anna  1.3  has_a_towel  no check -> 1 of 1",
        "anna  1.3  has_towel  1 of 1 -> no check",
    ]
    regrade(out, course, write=True)
    assert points(out)["anna"] == "5 of 5"
    assert "has_a_towel" in (out / "checks.csv").read_text(encoding="utf-8-sig")
    assert "has_towel" not in (out / "details.jsonl").read_text(encoding="utf-8")


def test_grading_again_after_a_regrade_executes_nothing(graded: tuple[Course, Path]) -> None:
    course, out = graded
    change_check(course, "Nearly.", "Almost.")
    regrade(out, course, write=True)
    before = (out / "gradebook.csv").read_bytes()
    assert grade(course, out.parent) == 0
    assert (out / "gradebook.csv").read_bytes() == before


def test_what_was_not_graded_keeps_its_row(graded: tuple[Course, Path]) -> None:
    course, out = graded
    change_lines(out, "ben")
    done = regrade(out, course, write=True)
    assert done.waiting == ("ben",)
    assert rows(out)["ben"]["state"] == "not graded"
    assert "run labkit grade again" in rows(out)["ben"]["reason"]
    assert points(out)["ben"] == "0 of 5"
    assert grade(course, out.parent) == 1
    assert points(out)["ben"] == "3 of 5"


def test_what_ran_with_another_text_of_the_lab_waits_to_be_graded(
    graded: tuple[Course, Path],
) -> None:
    course, out = graded
    path = course.lab_sources / NAME / "lab.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# %%\n1 + 1\n", encoding="utf-8")
    # As a grader leaves it that was killed right after it began with the new text.
    change_batch(out, text=text_digest(tiny_lab(course)))
    with pytest.raises(CourseError, match="holds nothing that could be regraded"):
        regrade(out, course, write=True)
    hand_in(out.parent / "in" / "ben.ipynb", tiny_lab(course), {})
    grade_only = Order(course.root, NAME, Engine.COLD)
    grade_batch(out.parent / "in" / "ben.ipynb", out, grade_only)
    change_batch(out, submissions=list(VALUES))
    done = regrade(out, course, write=False)
    assert (done.changes, done.waiting) == ((), ("anna", "carla"))


def test_what_is_no_longer_handed_in_does_not_come_back(graded: tuple[Course, Path]) -> None:
    course, out = graded
    (out.parent / "in" / "ben.ipynb").unlink()
    grade(course, out.parent)
    regrade(out, course, write=True)
    assert list(rows(out)) == ["anna", "carla"]


def test_names_that_differ_by_case_alone_keep_their_own_evidence(
    graded: tuple[Course, Path],
) -> None:
    course, out = graded
    answer = {"1.1": 'labkit.declare("1.1", value=7)'}
    made = hand_in(out.parent / "Anna.ipynb", tiny_lab(course), answer)
    with zipfile.ZipFile(out.parent / "in" / "Anna.zip", "w") as archive:
        archive.write(made, made.name)
    grade(course, out.parent)
    assert regrade(out, course, write=True).changes == ()
    assert (points(out)["anna"], points(out)["Anna"]) == ("5 of 5", "3 of 5")


def test_a_batch_of_an_older_grader_can_be_regraded(graded: tuple[Course, Path]) -> None:
    course, out = graded
    lines = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    for line in lines:
        for name in ("content", "file_name", "evidence", "text"):
            del line[name]
    (out / "journal.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    about = json.loads((out / "batch.json").read_text())
    del about["submissions"]
    (out / "batch.json").write_text(json.dumps(about))
    before = points(out)
    assert regrade(out, course, write=True).changes == ()
    assert points(out) == before


@pytest.mark.parametrize("missing", [True, False])
def test_evidence_that_is_not_what_was_kept_gives_nobody_points(
    graded: tuple[Course, Path], missing: bool
) -> None:
    course, out = graded
    shutil.copy(out / "evidence" / "anna.json", out / "evidence" / "ben.json")
    if missing:
        (out / "evidence" / "ben.json").unlink()
    before = (out / "gradebook.csv").read_bytes()
    with pytest.raises(CourseError, match=r"ben\.json is (missing|not what was kept)"):
        regrade(out, course, write=True)
    assert (out / "gradebook.csv").read_bytes() == before
    assert grade(course, out.parent) == 1, "as the message says, it is executed again"
    assert regrade(out, course, write=True).changes == ()


def test_another_text_of_the_lab_is_refused(graded: tuple[Course, Path]) -> None:
    course, out = graded
    path = course.lab_sources / NAME / "lab.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# %%\n1 + 1\n", encoding="utf-8")
    with pytest.raises(CourseError, match="cannot be regraded"):
        regrade(out, course, write=True)


def test_a_folder_without_a_batch_is_refused(graded: tuple[Course, Path]) -> None:
    with pytest.raises(CourseError, match="holds no graded batch"):
        regrade(graded[1].parent / "in", graded[0], write=False)


def test_the_command_says_who_gets_how_many_points(graded: tuple[Course, Path]) -> None:
    course, out = graded
    change_check(course, "if value == 42", "if value in (41, 42)")
    change_batch(out, submissions=[*VALUES, "dora"])
    root = {ROOT_VARIABLE: str(course.root)}
    result = CliRunner(env=root).invoke(cli, ["regrade", str(out), "--dry-run"])
    assert result.exception is None
    lines = result.output.splitlines()
    assert lines[1:] == [
        "ben  points  3 of 5 -> 5 of 5",
        "1 verdicts of 1 submissions would change, and the points of 1.",
        "Not graded yet, and without points: dora.",
    ]
