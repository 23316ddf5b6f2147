"""kill -9 at any moment, then the same command again: the gradebook of an undisturbed run."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from support_grading import NAME, hand_in, make_course, tiny_lab, write_notebook
from support_kills import Killed, begin, end, running_in

from labkit.paths import ROOT_VARIABLE, Course

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is not known there")

KILLS = 30
#: How many of them hit the command line while it starts, and not a grader that has imported all.
AT_START = 2
VALUES = {"anna": "42", "ben": "41", "carla": "1 / 0"}
#: What is executed of them, with the empty lab and the gate's two.
EXECUTED = 6
RESULTS = ("gradebook.csv", "details.jsonl", "checks.csv", "similar.csv")


@dataclass(frozen=True)
class Class:
    """A course with submissions beside it, graded once without disturbance."""

    folder: Path
    undisturbed: Path
    seconds: float
    steps: int

    @property
    def names(self) -> list[str]:
        return sorted(path.stem for path in (self.folder / "submissions").iterdir())


def hand_in_all(folder: Path, course: Course) -> None:
    """Fifteen submissions: different ones, copies of them, empty ones, unreadable ones."""
    lab, place = tiny_lab(course), folder / "submissions"
    for name, value in VALUES.items():
        hand_in(place / f"{name}.ipynb", lab, {"1.1": f'labkit.declare("1.1", value={value})'})
    for name in ("dora", "emil", "fay", "gil"):
        shutil.copy(place / "anna.ipynb", place / f"{name}.ipynb")
    for name in ("hal", "ida", "jon"):
        write_notebook(place / f"{name}.ipynb", lab.student_notebook())
    for name, most in (("kim", 0), ("leo", 50), ("mia", 500)):
        (place / f"{name}.ipynb").write_bytes((place / "ben.ipynb").read_bytes()[:most])
    with zipfile.ZipFile(place / "ned.zip", "w") as archive:
        archive.write(place / "ben.ipynb", "work.ipynb")
    (place / "olga.txt").write_text("No notebook.", encoding="utf-8")


def grading(folder: Path, out: Path, *more: str) -> Killed:
    words = ("grade", NAME, str(folder / "submissions"), "--out", str(out), "--engine", "cold")
    return Killed(folder, out, (*words, *more))


def finish(how: Killed) -> None:
    process = begin(how)
    process.join()
    assert process.exitcode == 0, how.said


@pytest.fixture(scope="module")
def class_(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Class:
    folder = tmp_path_factory.mktemp("kills")
    (folder / "tmp").mkdir()
    course = make_course(folder / "course")
    (course.state / "template").mkdir(parents=True)
    shutil.copy(template, course.state / "template")
    hand_in_all(folder, course)
    how = grading(folder, folder / "undisturbed")
    start = time.monotonic()
    finish(how)
    return Class(folder, how.out, time.monotonic() - start, how.steps)


def start_command(class_: Class, out: Path, *more: str) -> subprocess.Popen[bytes]:
    """The real command line, which spends most of its start importing."""
    temporary = {name: str(class_.folder / "tmp") for name in ("TMPDIR", "TEMP", "TMP")}
    root = {ROOT_VARIABLE: str(class_.folder / "course")}
    return subprocess.Popen(
        [sys.executable, "-m", "labkit", *grading(class_.folder, out, *more).words],
        env={**os.environ, **temporary, **root},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_command(grader: subprocess.Popen[bytes], after: float, *, group: bool) -> None:
    """Kill it, with the processes it started or alone."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        grader.wait(after)
    with contextlib.suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(grader.pid, signal.SIGKILL)
    grader.wait()


def kill_forked(class_: Class, out: Path, moment: random.Random, *, group: bool) -> bool:
    """Half of the time at a file operation of the grader, half of the time by the clock."""
    how = grading(class_.folder, out)
    if moment.random() < 0.5:
        step = moment.randint(1, class_.steps // 8)
        process = begin(Killed(how.folder, how.out, how.words, step, group))
        return end(process, None, group=group)
    return end(begin(how), moment.uniform(0, class_.seconds / EXECUTED), group=group)


def journal(out: Path) -> list[str]:
    path = out / "journal.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [json.loads(line)["graded"]["name"] for line in lines]


def files(out: Path) -> set[str]:
    return {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


def assert_as_if_undisturbed(class_: Class, out: Path) -> None:
    for name in RESULTS:
        assert (out / name).read_bytes() == (class_.undisturbed / name).read_bytes(), name
    assert sorted(journal(out)) == class_.names
    assert files(out) == files(class_.undisturbed)
    assert not psutil.wait_procs(running_in(class_.folder / "tmp"), timeout=60)[1]
    # A file may be left by tempfile, which tries out whether a folder can be written.
    assert [one.name for one in (class_.folder / "tmp").iterdir() if one.is_dir()] == []


@pytest.fixture
def moment() -> random.Random:
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(10**6))
    print(f"KILL_SEED={seed} repeats these moments")
    return random.Random(seed)


def kill_until(kills: int, kill: Callable[[int], bool]) -> None:
    """Kill so often; a grader that was done before its moment came does not count."""
    killed = 0
    for _ in range(4 * kills):
        killed += kill(killed)
        if killed == kills:
            return
    raise AssertionError(f"only {killed} graders could be killed")


@pytest.mark.kills
def test_thirty_kills_at_random_moments_change_nothing(
    class_: Class, moment: random.Random
) -> None:
    out = class_.folder / "killed"
    for number in range(AT_START):
        after = moment.uniform(0, class_.seconds / 3)
        kill_command(start_command(class_, out), after, group=bool(number % 2))
    kill_until(
        KILLS - AT_START,
        lambda number: kill_forked(class_, out, moment, group=bool(number % 2)),
    )
    finish(grading(class_.folder, out))
    assert_as_if_undisturbed(class_, out)


def test_killing_a_grader_with_two_jobs_changes_nothing(
    class_: Class, moment: random.Random
) -> None:
    out = class_.folder / "two jobs"
    grader = start_command(class_, out, "--jobs", "2")
    while grader.poll() is None and not journal(out):
        time.sleep(0.02)
    group = moment.random() < 0.5  # without it, the two processes that grade are left alone
    kill_command(grader, moment.uniform(0, 0.5), group=group)
    finish(grading(class_.folder, out, "--jobs", "2"))
    assert_as_if_undisturbed(class_, out)


@pytest.fixture
def changed(class_: Class, tmp_path: Path) -> Path:
    """The course with other checks, and the results twice: to be regraded with kills and without.

    Everyone's message changes, one's points do.
    """
    (tmp_path / "tmp").mkdir()
    shutil.copytree(class_.folder / "course", tmp_path / "course")
    for name in ("undisturbed", "killed"):
        shutil.copytree(class_.undisturbed, tmp_path / name)
    checks = tmp_path / "course" / "content" / "labs" / NAME / "checks.py"
    text = checks.read_text(encoding="utf-8").replace("is not the answer", "is no answer")
    checks.write_text(text.replace("value == 42", "value in (41, 42)"), encoding="utf-8")
    return tmp_path


def test_a_killed_regrade_is_completed_by_the_next(changed: Path, moment: random.Random) -> None:
    def regrading(name: str) -> Killed:
        return Killed(changed, changed / name, ("regrade", str(changed / name)))

    before = (changed / "undisturbed" / "gradebook.csv").read_bytes()
    finish(regrading("undisturbed"))
    most, how = regrading("undisturbed").steps, regrading("killed")
    for number in range(6):
        step, group = moment.randint(1, most), bool(number % 2)
        end(begin(Killed(how.folder, how.out, how.words, step, group)), None, group=group)
    finish(how)
    after = {name: (how.out / name).read_bytes() for name in files(how.out)}
    out = changed / "undisturbed"
    assert after == {name: (out / name).read_bytes() for name in files(out)}
    assert after["gradebook.csv"] != before
