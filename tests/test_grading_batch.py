"""A batch of good and bad submissions, graded once with real kernels; then what each one got."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from click.testing import CliRunner, Result
from support_grading import NAME, RIGHT, hand_in, make_course, tiny_lab, write_notebook

from labkit.cli import cli
from labkit.labs import Lab
from labkit.paths import ROOT_VARIABLE, Course

LEAVES_A_PROCESS = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60.25)"])
labkit.declare("1.1", value=1)
"""
DELETES_THE_STORE = """
import os
os.remove(os.path.join(os.environ["LABKIT_ROOT"], ".course", "mlflow.db"))
"""
STUBBORN = """
while True:
    try:
        while True:
            pass
    except KeyboardInterrupt:
        pass
"""
SEGFAULT = "import ctypes; ctypes.string_at(0)"
DIES = 'labkit.declare("1.2", value=54)\nimport os; os._exit(3)'
NOSY = 'import getpass\ntry:\n    input("?")\nexcept Exception as e:\n    print(type(e).__name__)'
FORMULA = "=1+cmd('calc')"
#: It depends on how busy the machine is which of them is said of a cell that does not end.
TOO_LONG = ("used more than 5 s of CPU time", "ran longer than 10 s")


def faked(lab: Lab) -> dict[str, Any]:
    """Edited check cells with outputs that claim all points."""
    notebook: dict[str, Any] = json.loads(nbformat.writes(lab.student_notebook()))
    output = {"output_type": "stream", "name": "stdout", "text": "Exercise 1.1: 3 of 3 points"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [output]
        if cell["id"].startswith("check"):
            cell["source"] = "print('Exercise 1.1: 3 of 3 points')"
    return notebook


def hand_in_all(folder: Path, lab: Lab) -> None:
    answers = {
        "good": {},
        "wrong": {"1.1": 'labkit.declare("1.1", value=41)'},
        "raises": {"1.1": RIGHT["1.1"] + "\nraise ValueError('not\\nagain')", "1.2": "1 +"},
        "exits": {"1.1": RIGHT["1.1"] + "\nimport sys; sys.exit(1)", "1.2": NOSY},
        "slow": {"1.2": RIGHT["1.2"] + "\nwhile True:\n    pass"},
        "stubborn": {"1.3": STUBBORN},
        "dies": {"1.2": DIES},
        "segfault": {"1.1": SEGFAULT},
        "leaves a process": {"1.1": LEAVES_A_PROCESS},
        "deletes the store": {"1.2": DELETES_THE_STORE},
        FORMULA: {},
    }
    for name, given in answers.items():
        hand_in(folder / f"{name}.ipynb", lab, given)
    write_notebook(folder / "Empty.ipynb", lab.student_notebook())
    write_notebook(folder / "faked.ipynb", faked(lab))
    hand_in(folder / "Größe 7" / "sub" / f"{NAME}.ipynb", lab, {})
    (folder / "Größe 7" / "other.ipynb").write_bytes(b"")
    with zipfile.ZipFile(folder / "zipped.zip", "w") as archive:
        archive.write(folder / "good.ipynb", "work.ipynb")
    (folder / "cut off.ipynb").write_bytes((folder / "good.ipynb").read_bytes()[:-400])
    (folder / "roster.csv").write_text("name", encoding="utf-8")


@dataclass
class Graded:
    """What the command said and wrote."""

    result: Result
    out: Path
    rows: Mapping[str, dict[str, str]]
    details: list[dict[str, Any]]

    def notebook(self, name: str) -> nbformat.NotebookNode:
        return nbformat.read(self.out / "executed" / f"{name}.ipynb", as_version=4)

    def points(self, name: str) -> list[str]:
        return [self.rows[name][one] for one in ("1.1", "1.2", "1.3", "points")]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, course: Course, template: Path) -> Lab:
    tiny = make_course(tmp_path_factory.mktemp("course"))
    (tiny.state / "template").mkdir(parents=True)
    shutil.copy(template, tiny.state / "template")
    return tiny_lab(tiny)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, lab: Lab) -> Graded:
    folder, out = tmp_path_factory.mktemp("submissions"), tmp_path_factory.mktemp("grades")
    hand_in_all(folder, lab)
    command = ["grade", NAME, str(folder), "--out", str(out), "--timeout", "5"]
    root = lab.folder.parents[2]
    result = CliRunner(env={ROOT_VARIABLE: str(root)}).invoke(cli, command)
    assert result.exception is None, result.output
    with (out / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    lines = (out / "details.jsonl").read_text(encoding="utf-8").splitlines()
    return Graded(result, out, rows, [json.loads(line) for line in lines])


@pytest.mark.parametrize(
    ("name", "state", "points"),
    [
        ("good", "graded", ["3", "1", "1", "5"]),
        ("wrong", "graded", ["1", "1", "1", "3"]),
        ("raises", "graded", ["3", "0", "1", "4"]),
        ("exits", "graded", ["3", "0", "1", "4"]),
        ("Empty", "empty", ["0", "0", "0", "0"]),
        ("faked", "empty", ["0", "0", "0", "0"]),
        ("slow", "timed out at cell 4", ["3", "1", "0", "4"]),
        ("stubborn", "timed out at cell 6", ["3", "1", "0", "4"]),
        ("dies", "kernel died at cell 4", ["3", "1", "0", "4"]),
        ("segfault", "kernel died at cell 2", ["0", "0", "0", "0"]),
        ("leaves a process", "graded", ["1", "1", "1", "3"]),
        ("deletes the store", "graded", ["3", "0", "0", "3"]),
        (f"'{FORMULA}", "graded", ["3", "1", "1", "5"]),
        ("Größe 7", "graded", ["3", "1", "1", "5"]),
        ("zipped", "graded", ["3", "1", "1", "5"]),
        ("cut off", "unreadable", ["0", "0", "0", "0"]),
        ("roster", "unreadable", ["0", "0", "0", "0"]),
    ],
)
def test_every_submission_ends_in_its_state_with_its_points(
    graded: Graded, name: str, state: str, points: list[str]
) -> None:
    assert (graded.rows[name]["state"], graded.points(name)) == (state, points)
    assert graded.rows[name]["max_points"] == "5"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("good", ""),
        (
            "raises",
            "Cell 2 (exercise 1.1) stopped with ValueError: not again. Cell 4 (exercise 1.2)",
        ),
        ("exits", "Cell 2 (exercise 1.1) stopped with SystemExit: 1."),
        ("slow", "Cell 4 (exercise 1.2) "),
        ("dies", "Cell 4 (exercise 1.2) ended the Python process."),
        ("cut off", "The file is cut off"),
        ("deletes the store", "Exercise 1.2: There is no tracking store yet."),
        ("roster", "A .csv is no notebook, folder or zip."),
        ("faked", "Exercise 1.1: The check cell was changed; it was restored."),
    ],
)
def test_the_reason_says_what_went_wrong(graded: Graded, name: str, reason: str) -> None:
    assert graded.rows[name]["reason"].startswith(reason)


def test_the_rows_are_in_order_and_complete(graded: Graded) -> None:
    assert len(graded.rows) == 17
    names = [name.lstrip("'") for name in graded.rows]
    assert names == sorted(names)


def test_every_check_of_every_submission_has_its_line(graded: Graded) -> None:
    assert len(graded.details) == 17 * 4
    wrong = next(one for one in graded.details if one["submission"] == "wrong")
    assert wrong == {
        "submission": "wrong",
        "exercise": "1.1",
        "check": "is_the_answer",
        "hidden": False,
        "points": 0.0,
        "max_points": 2,
        "message": "41 is not the answer.",
        "hint": "off_by_one",
        "hint_text": "Add one.",
        "looked_at": {"value": 41, "ratio": "NaN"},
        "errors": [],
        "confined": graded.rows["wrong"]["confined"],
        "flags": [],
    }


def test_exercises_that_were_not_reached_say_so(graded: Graded) -> None:
    messages = {(one["submission"], one["exercise"]): one["message"] for one in graded.details}
    assert messages["slow", "1.3"] in {f"Not reached: cell 4 {said}." for said in TOO_LONG}
    assert messages["dies", "1.3"] == "Not reached: cell 4 ended the Python process."
    assert messages["deletes the store", "1.3"].startswith("There is no tracking store")


def test_the_executed_notebook_shows_verdicts_but_not_what_is_hidden(graded: Graded) -> None:
    notebook = graded.notebook("wrong")
    nbformat.validate(notebook)
    card = next(cell for cell in notebook.cells if cell.id == "check-1-1").outputs[0]
    assert "Exercise 1.1: 1 of 3 points" in card.data["text/plain"]
    assert "Hint: Add one." in card.data["text/plain"]
    assert "Hidden checks: 1 of 1 point." in card.data["text/html"]
    assert "A secret" not in nbformat.writes(notebook)
    assert "papermill" not in nbformat.writes(notebook)


def test_outputs_that_were_handed_in_are_gone(graded: Graded) -> None:
    assert "3 of 3 points" not in nbformat.writes(graded.notebook("faked"))


@pytest.mark.parametrize(
    ("name", "id_", "error"),
    [("slow", "answer-1-2", "TimedOut"), ("dies", "answer-1-2", "KernelDied")],
)
def test_the_cell_that_stopped_everything_says_so(
    graded: Graded, name: str, id_: str, error: str
) -> None:
    cell = next(cell for cell in graded.notebook(name).cells if cell.id == id_)
    assert cell.outputs[-1].ename == error


def test_what_a_cell_printed_before_it_was_stopped_is_kept(graded: Graded) -> None:
    cell = next(cell for cell in graded.notebook("slow").cells if cell.id == "answer-1-2")
    assert "Declared for exercise 1.2" in cell.outputs[0].text


def test_an_untouched_lab_runs_without_a_traceback(graded: Graded) -> None:
    assert '"output_type": "error"' not in nbformat.writes(graded.notebook("Empty"))


def test_what_a_notebook_started_is_gone(graded: Graded) -> None:
    assert graded.rows["leaves a process"]["state"] == "graded"
    for process in psutil.process_iter(["cmdline"]):
        assert "import time; time.sleep(60.25)" not in (process.info["cmdline"] or [])


def test_the_evidence_is_kept(graded: Graded) -> None:
    kept = json.loads((graded.out / "evidence" / "slow.json").read_text(encoding="utf-8"))
    assert kept["1.2"]["declared"] == {"value": 54}
    assert "1.3" not in kept


def test_the_gradebook_says_how_each_was_confined(graded: Graded) -> None:
    ways = {name: row["confined"] for name, row in graded.rows.items()}
    assert ways["cut off"] == ways["roster"] == "not executed"
    way, said = ways["good"], " ".join(graded.result.output.split())
    assert ("Not confined: 15" if way == "no" else f"Confined ({way}): 15") in said


def test_copies_are_flagged_and_empty_labs_are_not(graded: Graded) -> None:
    flags = {name: row["flags"] for name, row in graded.rows.items()}
    assert flags["good"] == f"the same cells as {FORMULA}, Größe 7, zipped"
    assert flags["Empty"] == flags["faked"] == ""


def test_the_hardest_exercise_comes_first_with_its_most_frequent_message(graded: Graded) -> None:
    with (graded.out / "checks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["check"] for row in rows] == [
        "has_towel",
        "is_the_question",
        "is_the_answer",
        "is_a_number",
    ]
    towel = rows[0]
    assert (towel["submissions"], towel["passed"], towel["hint"]) == ("13", "62%", "")
    assert (towel["message"], towel["message count"]) == ("None: no.", "1")


def test_the_summary_counts_the_states(graded: Graded) -> None:
    assert "17 submissions" in graded.result.output
    lines = [" ".join(line.split()) for line in graded.result.output.splitlines()]
    for line in ("graded 9", "timed out 2", "kernel died 2", "unreadable 2", "empty 2"):
        assert line in lines
    assert "mean points 2.882 of 5" in lines


def test_the_same_command_again_grades_nothing_anew(graded: Graded, lab: Lab) -> None:
    journal = (graded.out / "journal.jsonl").read_bytes()
    gradebook = (graded.out / "gradebook.csv").read_bytes()
    folder = graded.out.parent / graded.out.name.replace("grades", "submissions")
    command = ["grade", NAME, str(folder), "--out", str(graded.out), "--timeout", "5"]
    root = lab.folder.parents[2]
    again = CliRunner(env={ROOT_VARIABLE: str(root)}).invoke(cli, command)
    assert "taken from the journal 17" in " ".join(again.output.split())
    assert (graded.out / "journal.jsonl").read_bytes() == journal
    assert (graded.out / "gradebook.csv").read_bytes() == gradebook
