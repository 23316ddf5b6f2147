"""The journal, the gradebook and the names of files."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock
from support_grading import NAME, make_course, tiny_lab

from labkit.checks import CheckResult, ExerciseResult
from labkit.cli import cli
from labkit.errors import CourseError
from labkit.evidence import Evidence, Run
from labkit.grading import workers
from labkit.grading.files import file_names, json_line, write_whole
from labkit.grading.gradebook import write_gradebook, write_notebook
from labkit.grading.journal import Journal, Kept, lab_digest
from labkit.grading.outcome import CellError, Graded, Repair, State
from labkit.paths import ROOT_VARIABLE


def outcome(name: str, state: State = State.GRADED, reason: str = "") -> Graded:
    result = CheckResult(
        "is_it", False, 0.5, 1, "Half.", "h", ("One.", "Two."), {"x": math.nan, "y": [math.inf]}
    )
    exercises = tuple(ExerciseResult(one, (result,)) for one in ("1.1", "1.2", "1.3"))
    cell = 3 if state in {State.TIMED_OUT, State.DIED} else None
    repairs, errors = (Repair("1.1", "Mended."),), (CellError(2, "1.1", "E", "why"),)
    judged = Graded(name, state, exercises, reason, cell, repairs, errors, 1.5)
    return replace(judged, confined="Landlock", flags=("is odd",))


def kept(name: str, state: State = State.GRADED) -> Kept:
    return Kept(outcome(name, state), "digest", 120)


def test_an_outcome_comes_back_from_the_journal_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    graded = outcome("anna", State.DIED, "why")
    Journal(path, "lab").add(Kept(graded, "digest", 120, "content", "anna", "evidence", "text"))
    found = Journal(path, "lab").find("anna", "digest", 120)
    assert found is not None
    assert (found.content, found.file_name) == ("content", "anna")
    assert (found.evidence, found.text) == ("evidence", "text")
    again = found.graded
    assert (again.confined, again.flags) == ("Landlock", ("is odd",))
    assert json_line(again.exercises[0].results[0].looked_at) == '{"x": "NaN", "y": ["Infinity"]}'
    assert (again.state, again.cell, again.reason, again.seconds) == (State.DIED, 3, "why", 1.5)
    assert (again.repairs, again.errors, again.points) == (graded.repairs, graded.errors, 1.5)
    assert again.exercises[0].results[0].hint_texts == ("One.", "Two.")


def test_a_journal_of_an_older_grader_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path, "lab").add(kept("anna"))
    line = json.loads(path.read_text(encoding="utf-8"))
    for name in ("content", "file_name", "evidence", "text"):
        del line[name]
    for name in ("confined", "flags"):
        del line["graded"][name]
    path.write_text(json.dumps(line) + "\n", encoding="utf-8")
    found = Journal(path, "lab").find("anna", "digest", 120)
    assert found is not None
    assert (found.content, found.graded.confined, found.graded.flags) == ("", "", ())


def test_what_is_in_the_journal_already_is_not_written_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl", "lab")
    journal.add(kept("anna"), kept("ben"))
    before = (tmp_path / "journal.jsonl").read_bytes()
    journal.add(kept("ben"), kept("anna"))
    assert (tmp_path / "journal.jsonl").read_bytes() == before
    journal.add(replace(kept("anna"), evidence="other"))
    assert Journal(tmp_path / "journal.jsonl", "lab").newest()["anna"].evidence == "other"


def test_what_was_changed_since_is_not_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path, "lab").add(kept("anna"))
    assert Journal(path, "lab").find("anna", "other digest", 120) is None
    assert Journal(path, "lab").find("ben", "digest", 120) is None
    assert Journal(path, "other lab").find("anna", "digest", 120) is None


def test_what_timed_out_is_tried_again_with_more_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl", "lab")
    journal.add(kept("anna", State.TIMED_OUT))
    assert journal.find("anna", "digest", 60) is not None
    assert journal.find("anna", "digest", 120) is not None
    assert journal.find("anna", "digest", 121) is None


@pytest.mark.parametrize("written", [0.01, 0.5, 0.99])
def test_a_line_that_was_cut_off_is_dropped(tmp_path: Path, written: float) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path, "lab").add(kept("anna"))
    whole = path.read_bytes()
    torn = whole + whole[: int(len(whole) * written)]
    path.write_bytes(torn)
    journal = Journal(path, "lab")
    assert path.read_bytes() == torn, "reading a journal writes nothing"
    journal.add(kept("ben"))
    assert path.read_bytes().startswith(whole)
    assert [json.loads(line)["graded"]["name"] for line in path.read_text().splitlines()] == [
        "anna",
        "ben",
    ]


def test_a_line_that_is_not_ours_is_told(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"key": 1}\n', encoding="utf-8")
    with pytest.raises(CourseError, match="Line 1"):
        Journal(path, "lab")


def test_the_lab_digest_follows_its_text_and_checks_but_not_its_bank(tmp_path: Path) -> None:
    lab = tiny_lab(make_course(tmp_path))
    before = lab_digest(lab)
    (lab.folder / "answers").mkdir()
    (lab.folder / "answers" / "1_1.py").write_text("x", encoding="utf-8")
    assert lab_digest(lab) == before
    (lab.folder / "hidden.py").write_text("", encoding="utf-8")
    assert lab_digest(lab) != before


def test_cells_of_the_gradebook_are_no_formulas(tmp_path: Path) -> None:
    names = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", 'a"b,\nc', "Zoë", "plain=1"]
    lab = tiny_lab(make_course(tmp_path))
    write_gradebook(tmp_path, lab, [outcome(name, reason=name) for name in names])
    with (tmp_path / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["submission"].removeprefix("'") for row in rows] == sorted(names)
    for row in rows:
        assert not row["submission"].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert row["reason"] == row["submission"]
        assert (row["points"], row["max_points"], row["1.2"]) == ("1.5", "3", "0.5")
    for line in (tmp_path / "details.jsonl").read_text(encoding="utf-8").splitlines():
        json.loads(line, parse_constant=pytest.fail)


def test_file_names_are_safe_and_never_the_same() -> None:
    names = ["Anna", "anna", "Zoë 2", "a/b", "a\\b", "a:b", "..", "con", "x" * 300, "x" * 301]
    made = file_names(names)
    assert made["Zoë 2"] == "Zoë 2"
    assert len({one.casefold() for one in made.values()}) == len(names)
    for one in made.values():
        assert 0 < len(one) < 80
        assert not set(one) & set('/\\:*?"<>|')
        assert one.strip(" .") == one
        assert one != "con"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_whole(tmp_path / "deep" / "file", "text \ud800")
    assert (tmp_path / "deep" / "file").read_bytes() == b"text ?"
    assert [one.name for one in (tmp_path / "deep").iterdir()] == ["file"]
    with pytest.raises(CourseError, match="cannot be written"):
        write_whole(tmp_path / "deep" / "file" / "below", "text")


def grade(root: Path, *words: str) -> str:
    result = CliRunner(env={ROOT_VARIABLE: str(root)}).invoke(cli, ["grade", *words])
    assert isinstance(result.exception, CourseError)
    return str(result.exception)


def test_a_lab_that_does_not_exist_is_told(tmp_path: Path) -> None:
    root = make_course(tmp_path / "course").root
    (tmp_path / "one.ipynb").write_bytes(b"")
    said = grade(root, "lab99", str(tmp_path), "--out", str(tmp_path / "out"))
    assert "There is no lab called lab99" in said


@pytest.fixture
def ready(tmp_path: Path, template: Path) -> Path:
    """A course that needs no new template, and one submission beside it."""
    course = make_course(tmp_path / "course")
    (course.state / "template").mkdir(parents=True)
    (course.state / "template" / template.name).write_bytes(template.read_bytes())
    (tmp_path / "submissions").mkdir()
    (tmp_path / "submissions" / "one.ipynb").write_bytes(b"")
    return course.root


def test_an_output_folder_that_cannot_be_made_is_told(ready: Path, tmp_path: Path) -> None:
    file = tmp_path / "submissions" / "one.ipynb"
    said = grade(ready, NAME, str(tmp_path / "submissions"), "--out", str(file / "out"))
    assert "cannot be written" in said


def test_two_graders_do_not_share_an_output_folder(ready: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with FileLock(out / ".grading.lock"):
        said = grade(ready, NAME, str(tmp_path / "submissions"), "--out", str(out))
    assert "Another grader is at work" in said


def test_missing_course_data_are_told_before_anything_runs(ready: Path, tmp_path: Path) -> None:
    (ready / "data.dvc").write_text("outs:\n- md5: 0123.dir\n", encoding="utf-8")
    out = tmp_path / "out"
    said = grade(ready, NAME, str(tmp_path / "submissions"), "--out", str(out))
    assert "The course data are not what they should be." in said
    assert not out.exists()


def test_a_batch_of_unreadable_files_still_gives_a_gradebook(ready: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["grade", NAME, str(tmp_path / "submissions"), "--out", str(out), "--engine", "cold"]
    result = CliRunner(env={ROOT_VARIABLE: str(ready)}).invoke(cli, words)
    assert result.exception is None
    text = (out / "gradebook.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[1] == "one,unreadable,0,5,0,0,0,The file is empty.,not executed,"


def test_kept_evidence_can_be_read_back(tmp_path: Path) -> None:
    run = Run("r", "e", "n", "FINISHED", 1, None, {}, {"f1": math.inf}, {})
    evidence = Evidence("1.1", runs=(run,), declared={"value": "Zoë"})
    write_notebook(tmp_path, "anna", replace(outcome("anna"), evidence={"1.1": evidence}))
    kept = json.loads((tmp_path / "evidence" / "anna.json").read_text(encoding="utf-8"))
    assert Evidence.from_json(kept["1.1"]) == evidence


def test_a_fault_of_the_grader_is_told_and_tried_again(
    ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> Graded:
        raise KeyError("bolt")

    out = tmp_path / "out"
    words = ["grade", NAME, str(tmp_path / "submissions"), "--out", str(out), "--engine", "cold"]
    with monkeypatch.context() as broken:
        broken.setattr(workers, "grade_one", break_down)
        result = CliRunner(env={ROOT_VARIABLE: str(ready)}).invoke(cli, words)
    assert result.exit_code == 1
    text = (out / "gradebook.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[1].startswith("one,not graded,0,5,0,0,0,")
    assert "KeyError: 'bolt'" in text
    again = CliRunner(env={ROOT_VARIABLE: str(ready)}).invoke(cli, words)
    assert again.exit_code == 0
    assert "unreadable" in (out / "gradebook.csv").read_text(encoding="utf-8-sig")
