"""Milliseconds per submission: ``labkit regrade`` on a batch made of copies of a few real ones.

    python benchmarks/regrade.py [--lab lab01_tracking] [--count 200]

A few notebooks of the answer bank are graded once; their evidence, their executed notebooks and
their lines in the journal are then written under as many names as asked for. Regraded is that
batch with the lab as it is, and after every exercise was given another check.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat

from labkit.bank import bank_notebooks
from labkit.grading.batch import grade_batch
from labkit.grading.bench import Engine, Order
from labkit.grading.regrade import regrade
from labkit.labs import Lab, load_lab
from labkit.paths import Course

#: How many notebooks are executed; all others are copies of what they left.
EXECUTED = 3
IMPORTS = """

from labkit.checks import Verdict, check, passed
from labkit.evidence import Evidence
"""
MORE = '''

@check("{exercise}", points=1)
def one_more_{number}(evidence: Evidence) -> Verdict:
    """Everyone passes it."""
    return passed("There is evidence.", runs=len(evidence.runs))
'''


def main() -> None:
    """Make the batch, regrade it in three ways, print a table."""
    wishes = argparse.ArgumentParser(description=__doc__)
    wishes.add_argument("--lab", default="lab01_tracking")
    wishes.add_argument("--count", type=int, default=200)
    asked = wishes.parse_args()
    here = Course(Path(__file__).resolve().parents[1])
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        course, out = copy_course(here, Path(folder) / "course"), Path(folder) / "out"
        make_batch(load_lab(course, asked.lab), course, out, asked.count)
        changed = copy_course(course, Path(folder) / "changed")
        add_checks(load_lab(changed, asked.lab))
        ways: dict[str, Callable[[], object]] = {
            "nothing changed, written": lambda: regrade(out, course, write=True),
            "all changed, dry run": lambda: regrade(out, changed, write=False),
            "all changed, written": lambda: regrade(out, changed, write=True),
        }
        print(f"\n{asked.lab}, {asked.count} submissions\n")
        print(f"{'regrade':<28}{'ms per submission':>18}")
        for name, way in ways.items():
            start = time.monotonic()
            way()
            print(f"{name:<28}{(time.monotonic() - start) / asked.count * 1e3:>18.1f}")


def copy_course(course: Course, root: Path) -> Course:
    """A course of its own, in which a lab can be changed."""
    root.mkdir()
    copy = Course(root)
    for source, target in (
        (course.lab_sources, copy.lab_sources),
        (course.data, copy.data),
        (course.state / "template", copy.state / "template"),
        (course.state / "gate", copy.state / "gate"),
    ):
        if source.exists():
            shutil.copytree(source, target)
    for name in ("course.py", "data.dvc"):
        shutil.copy(course.root / name, root)
    return copy


def make_batch(lab: Lab, course: Course, out: Path, count: int) -> None:
    """Grade a few notebooks of the answer bank, and have their results under many names."""
    folder = out.with_name("in")
    folder.mkdir()
    for number, (_, notebook, _) in enumerate(itertools.islice(bank_notebooks(lab), EXECUTED)):
        nbformat.write(notebook, folder / f"student-{number:05}.ipynb")
    order = Order(course.root, lab.name, Engine.COLD)
    executed = grade_batch(folder, out, order).graded
    for number in range(len(executed), count):
        shutil.copy(folder / f"{executed[number % len(executed)].name}.ipynb", folder / "next")
        (folder / "next").rename(folder / f"student-{number:05}.ipynb")
    grade_batch(folder, out, order)


def add_checks(lab: Lab) -> None:
    """Give every exercise another public check."""
    package, module = lab.folder / "checks" / "__init__.py", lab.folder / "checks.py"
    path = package if package.is_file() else module
    more = (MORE.format(exercise=one.id, number=number) for number, one in enumerate(lab.exercises))
    path.write_text(path.read_text(encoding="utf-8") + IMPORTS + "".join(more), encoding="utf-8")


if __name__ == "__main__":
    main()
