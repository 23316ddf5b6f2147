"""A batch that is asked to stop says what is done, and goes on with what is not."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from support_grading import NAME, hand_in, make_course, tiny_lab

from labkit.errors import CourseError
from labkit.grading.batch import grade_batch
from labkit.grading.bench import Engine, Order
from labkit.paths import ROOT_VARIABLE

ANSWERS = {"anna": 42, "ben": 41, "carla": 0, "dora": 7}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Path:
    """A course with the tiny lab, and four submissions beside it."""
    folder = tmp_path_factory.mktemp("stops")
    (folder / "tmp").mkdir()
    tiny = make_course(folder / "course")
    (tiny.state / "template").mkdir(parents=True)
    shutil.copy(template, tiny.state / "template")
    for name, value in ANSWERS.items():
        answer = {"1.1": f'labkit.declare("1.1", value={value})'}
        hand_in(folder / "submissions" / f"{name}.ipynb", tiny_lab(tiny), answer)
    return folder


def start(folder: Path, out: Path) -> subprocess.Popen[str]:
    temporary = {name: str(folder / "tmp") for name in ("TMPDIR", "TEMP", "TMP")}
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "labkit",
            "grade",
            NAME,
            "submissions",
            "--out",
            str(out),
            "--engine",
            "cold",
        ],
        cwd=folder,
        env={**os.environ, **temporary, ROOT_VARIABLE: str(folder / "course")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def finish(folder: Path, out: Path) -> None:
    grader = start(folder, out)
    _, complaint = grader.communicate()
    assert grader.returncode == 0, complaint


def journal(out: Path) -> list[str]:
    path = out / "journal.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [json.loads(line)["graded"]["name"] for line in lines]


def when_graded(grader: subprocess.Popen[str], out: Path, count: int) -> psutil.Process:
    """Wait until so many are in the journal and the next one's kernel runs; return that."""
    while grader.poll() is None:
        kernels = psutil.Process(grader.pid).children()
        if len(journal(out)) >= count and kernels:
            return kernels[-1]
        time.sleep(0.02)
    raise AssertionError(grader.communicate())


def wait_for_end(process: psutil.Process) -> None:
    """Wait until a process runs no more, even if nobody has asked for its exit code."""
    with contextlib.suppress(psutil.NoSuchProcess):
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.02)


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> Path:
    out = folder / "undisturbed"
    finish(folder, out)
    return out


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_says_what_is_done_and_leaves_nothing_running(folder: Path, number: int) -> None:
    out = folder / f"stopped by {number}"
    grader = start(folder, out)
    kernel = when_graded(grader, out, 1)
    grader.send_signal(number)
    said, complaint = grader.communicate()
    assert grader.returncode == 1
    done = journal(out)
    assert done == [*ANSWERS][: len(done)] != [*ANSWERS]
    assert f"Stopped: {len(done)} of 4 submissions are graded." in complaint
    assert "Run the same command again" in complaint
    assert "Traceback" not in complaint
    assert said == ""
    wait_for_end(kernel)
    assert list((folder / "tmp").iterdir()) == []


def test_a_changed_submission_is_graded_again_and_only_that(
    folder: Path, undisturbed: Path
) -> None:
    out = folder / "changed"
    shutil.copytree(undisturbed, out)
    changed = folder / "submissions" / "carla.ipynb"
    before = changed.read_bytes()
    changed.write_bytes(before.replace(b"value=0)", b"value=42 )"))
    finish(folder, out)
    changed.write_bytes(before)
    assert journal(out) == [*ANSWERS, "carla"]
    assert "carla,graded,5,5,3,1,1," in (out / "gradebook.csv").read_text(encoding="utf-8-sig")


def test_a_stop_that_was_dropped_while_a_cell_ran_comes_after_the_submission(folder: Path) -> None:
    asked = iter([None, KeyboardInterrupt()])

    def stop_if_asked() -> None:
        if one := next(asked):
            raise one

    out, order = folder / "dropped", Order(folder / "course", NAME, Engine.COLD)
    with pytest.raises(CourseError, match="Stopped: 2 of 4 submissions are graded"):
        grade_batch(folder / "submissions", out, order, stop_if_asked=stop_if_asked)
    assert journal(out) == [*ANSWERS][:2]
