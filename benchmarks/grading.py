"""Seconds per submission: ``labkit grade`` beside plain papermill, on the same notebooks.

    python benchmarks/grading.py [--lab lab01_tracking] [--count 12] [--submissions FOLDER]

Plain papermill means what an instructor has without the lab kit: its command line, once per
notebook, each in a folder of its own with a store that MLflow makes, check cells left out. Its
scores come from the same checks, read from the store at the end.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat

from labkit.bank import bank_notebooks
from labkit.checks import run_checks
from labkit.evidence.collect import collect
from labkit.grading.batch import grade_batch
from labkit.grading.bench import Bench, Engine, Order, open_bench
from labkit.grading.environment import grading_environment
from labkit.grading.load import find_entries, read_submission
from labkit.grading.repair import is_check, repair
from labkit.labs import Lab, load_lab
from labkit.paths import Course
from labkit.workspace import make_workspace


@dataclass(frozen=True)
class Result:
    """What one way of grading took, the points it gave, and whose notebook it gave up on."""

    wall: float
    cpu: float
    points: dict[str, float]
    given_up: frozenset[str] = frozenset()


def main() -> None:
    """Run both ways and print a table."""
    wishes = argparse.ArgumentParser(description=__doc__)
    wishes.add_argument("--lab", default="lab01_tracking")
    wishes.add_argument("--count", type=int, default=12)
    wishes.add_argument("--submissions", type=Path)
    asked = wishes.parse_args()
    course = Course(Path(__file__).resolve().parents[1])
    lab = load_lab(course, asked.lab)
    ways = {
        "labkit, warm, 1 job": (Order(course.root, lab.name, Engine.WARM), 1),
        "labkit, warm, 2 jobs": (Order(course.root, lab.name, Engine.WARM), 2),
        "labkit, cold, 1 job": (Order(course.root, lab.name, Engine.COLD), 1),
    }
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        submissions = asked.submissions or write_copies(lab, Path(folder) / "in", asked.count)
        ours = {
            way: with_labkit(submissions, Path(folder) / way, order, jobs)
            for way, (order, jobs) in ways.items()
        }
        with open_bench(Order(course.root, lab.name, Engine.COLD)) as bench:
            plain = with_papermill(submissions, Path(folder) / "plain", bench)
    show(plain, ours)
    differences = {
        (way, name): (points, plain.points[name])
        for way, result in ours.items()
        for name, points in result.points.items()
        if points != plain.points[name] and name not in plain.given_up
    }
    print(f"\nsame points: {not differences} {differences or ''}")
    print(f"stopped by papermill at an error, so not compared: {len(plain.given_up)}")


def write_copies(lab: Lab, folder: Path, count: int) -> Path:
    """Submissions made from the answer bank, again from its start when it is used up."""
    folder.mkdir()
    notebooks = itertools.cycle(bank_notebooks(lab))
    for number, (name, notebook, _) in enumerate(itertools.islice(notebooks, count)):
        nbformat.write(notebook, folder / f"{number:03} {name}.ipynb")
    return folder


def with_labkit(submissions: Path, out: Path, order: Order, jobs: int) -> Result:
    """The batch grader, the start of its warm processes included."""
    start, cpu = time.monotonic(), cpu_seconds()
    batch = grade_batch(submissions, out, order, jobs=jobs)
    points = {one.name: one.points for one in batch.graded}
    return Result(time.monotonic() - start, cpu_seconds() - cpu, points)


def with_papermill(submissions: Path, folder: Path, bench: Bench) -> Result:
    """Papermill's command line, one notebook after the other; scoring is not timed."""
    wall, cpu, points, given_up = 0.0, 0.0, {}, set()
    for number, (name, path) in enumerate(find_entries(submissions).items()):
        root = folder / str(number)
        workspace = make_workspace(root, course=bench.course, template=bench.template)
        workspace.database.unlink()
        notebook = repair(read_submission(name, path, bench.lab.name).cells, bench.lab).notebook
        notebook.cells = [cell for cell in notebook.cells if not is_check(cell)]
        nbformat.write(notebook, root / "in.ipynb")
        start, before = time.monotonic(), cpu_seconds()
        if not run_papermill(workspace, root):
            given_up.add(name)
        wall, cpu = wall + time.monotonic() - start, cpu + cpu_seconds() - before
        points[name] = score(bench, workspace)
    return Result(wall, cpu, points, frozenset(given_up))


def run_papermill(workspace: Course, root: Path) -> bool:
    """One notebook; whether it came to the end, which it does only if no cell raises an error."""
    done = subprocess.run(
        [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "--cwd", "labs"],
        cwd=root,
        env=grading_environment(workspace),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0


def score(bench: Bench, workspace: Course) -> float:
    """The points of what is in the store at the end."""
    results = [
        run_checks(
            bench.lab.checks, bench.predictor.ask(workspace, collect(workspace, exercise.id))
        )
        for exercise in bench.lab.exercises
    ]
    return round(sum(result.points for result in results), 2)


def cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def show(plain: Result, ours: Mapping[str, Result]) -> None:
    """The table, with how many times quicker than plain papermill each way is."""
    print(f"\n{len(plain.points)} submissions, {os.cpu_count()} cores\n")
    print(f"{'way':<22}{'wall s each':>12}{'CPU s each':>12}{'times as quick':>16}")
    for name, result in {"plain papermill": plain, **ours}.items():
        count = len(result.points)
        row = [result.wall / count, result.cpu / count, plain.wall / result.wall]
        print(f"{name:<22}{row[0]:>12.2f}{row[1]:>12.2f}{row[2]:>16.1f}")


if __name__ == "__main__":
    main()
