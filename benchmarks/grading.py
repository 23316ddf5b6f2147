"""Seconds per submission: ``labkit grade`` beside papermill, nbgrader and otter, same notebooks.

    python benchmarks/grading.py [--lab lab01_tracking] [--counts 12 48 200] [--ways ...]
    python benchmarks/grading.py --counts 12 --ways auto papermill     # the short one

Every way is timed as its command line is used, from start to end, and has to come to the same
points. Where a way is slow, few submissions are graded and the seconds of each are taken for
all: column n says how many. Before anything is timed, one submission is graded with our
grader, because it proves itself on cold kernels once for each state of the lab and its tools.

The peers get what an instructor has without the lab kit: a store that MLflow makes for each
submission. They decide by our checks, in the student's kernel (papermill: afterwards, not timed).
For Linux and macOS.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from peers import with_nbgrader, with_otter
from peers.case import Case, Way
from peers.submissions import count_entries, write_submissions
from peers.table import Row, differences, legend, not_compared, table
from peers.with_labkit import labkit_way
from peers.with_papermill import papermill_way
from tqdm import tqdm

from labkit.errors import CourseError
from labkit.grading.bench import Confine, Engine, Order
from labkit.labs import Lab, load_lab
from labkit.paths import Course
from labkit.warm.pool import can_fork

PEERS: dict[str, Way] = {
    "papermill": papermill_way,
    "nbgrader": with_nbgrader.nbgrader_way,
    "otter": with_otter.otter_way,
}
ENGINES = [str(engine) for engine in Engine]


@dataclass(frozen=True, slots=True)
class Entrant:
    """A way of grading, by name; a slow one grades a few submissions only."""

    name: str
    way: Way
    slow: bool


def main() -> int:
    """Run all ways and print a table for each count; the exit status is 1 if one failed."""
    asked = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"{machine()}\n{versions()}", flush=True)
    course = Course(Path(__file__).resolve().parents[1])
    try:
        lab = load_lab(course, asked.lab)
        with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as room:
            folder = asked.keep or Path(room)
            folder.mkdir(parents=True, exist_ok=True)
            return Benchmark(course, lab, folder, asked).run()
    except CourseError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing was left running.", file=sys.stderr)
        return 130


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    wishes = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    wishes.add_argument("--lab", default="lab01_tracking")
    wishes.add_argument("--counts", type=int, nargs="+", help="default: 12, or all of FOLDER")
    forked = [engine for engine in Engine if engine not in {Engine.AUTO, Engine.COLD}]
    default = [*(forked if can_fork() else []), Engine.COLD, *PEERS]
    wishes.add_argument(
        "--ways", nargs="+", default=default, choices=[*ENGINES, *PEERS], metavar="WAY",
        help=f"of {', '.join([*ENGINES, *PEERS])}; default: all that work here, but auto",
    )  # fmt: skip
    wishes.add_argument("--jobs", type=int, nargs="+", default=[1, 2], help="default: 1 and 2")
    wishes.add_argument(
        "--confine", nargs="+", default=["auto", "none"], choices=[*map(str, Confine)]
    )
    wishes.add_argument(
        "--slow-count", type=int, default=12, help="the most that slow ways grade (12)"
    )
    wishes.add_argument("--submissions", type=Path, metavar="FOLDER")
    wishes.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "grading-peers",
        help="where nbgrader and otter are installed, each in an environment of its own",
    )
    wishes.add_argument("--keep", type=Path, metavar="FOLDER", help="keep all files, here")
    asked = wishes.parse_args()
    if min([*(asked.counts or []), *asked.jobs, asked.slow_count]) < 1:
        wishes.error("counts and jobs are numbers from 1")
    if asked.keep and asked.keep.exists() and any(asked.keep.iterdir()):
        wishes.error(f"{asked.keep} is not empty")
    return asked


def entrants(course: Course, lab: Lab, asked: argparse.Namespace) -> Iterator[Entrant]:
    """The ways that were asked for, ours with each number of jobs, confined and not."""
    seen = set[str]()
    for name in dict.fromkeys(asked.ways):
        if name in PEERS:
            yield Entrant(name, PEERS[name], slow=True)
            continue
        engine = Engine(name)
        for confine in map(Confine, asked.confine):
            order = Order(course.root, lab.name, engine, confine)
            for jobs in asked.jobs:
                shut = "confined" if order.confined else "open"
                label = f"labkit {engine}, {shut}, {jobs} job{'s' if jobs > 1 else ''}"
                if label not in seen:  # an engine that cannot confine is open either way
                    seen.add(label)
                    yield Entrant(label, labkit_way(engine, jobs, confine), engine is Engine.COLD)


class Benchmark:
    """One run of all ways over the same submissions.

    Args:
        course: the course folder.
        lab: the lab.
        folder: for everything that is written.
        asked: what was asked for.
    """

    def __init__(self, course: Course, lab: Lab, folder: Path, asked: argparse.Namespace) -> None:
        self._course, self._lab, self._folder, self._asked = course, lab, folder.resolve(), asked
        source = asked.submissions
        most = count_entries(source) if source else sys.maxsize
        wanted = asked.counts or [most if source else 12]
        self._counts = sorted({min(count, most) for count in wanted})
        self._failed: list[str] = []

    def run(self) -> int:
        """Grade in all ways, print what came of it; 1 if a way failed or gave other points."""
        ways = list(entrants(self._course, self._lab, self._asked))
        self._prime()
        few = min(self._asked.slow_count, self._counts[-1])
        rows: dict[int, list[Row]] = {count: [] for count in self._counts}
        for one in ways:
            for count in [few] if one.slow else self._counts:
                row = self._grade(one, count)
                for each in self._counts if one.slow else [count]:
                    rows[each] += [row] if row else []
        for count, found in rows.items():
            print(f"\n{self._lab.name}, {count} submissions\n\n{table(found, list(PEERS))}")
        print(f"\n{legend()}\n")
        whole = [row for found in rows.values() for row in found]
        others = differences(whole)
        if not others and len({row.name for row in whole}) > 1:
            print("All ways gave the same points.")
        print("\n".join([*others, *not_compared(whole), *self._failed]))
        return 1 if others or self._failed else 0

    def _prime(self) -> None:
        """Have our grader prove itself, and the files of all this be read, before time counts."""
        ours = [Engine(name) for name in self._asked.ways if name not in PEERS]
        if ours:
            way = labkit_way(ours[0], 1, Confine.NONE)
            self._grade(Entrant("one before, not in the table", way, slow=False), 1)

    def _grade(self, one: Entrant, count: int) -> Row | None:
        submissions = self._folder / f"{count}-submissions"
        if not submissions.exists():
            write_submissions(self._lab, submissions, count, self._asked.submissions)
        slug = "".join(letter if letter.isalnum() else "-" for letter in one.name)
        folder = self._folder / f"{count}-{slug}"
        folder.mkdir()
        with tqdm(total=count, desc=one.name, unit="submission", mininterval=1) as bar:

            def tell(done: int) -> None:
                if done > bar.n:
                    bar.update(done - bar.n)

            case = Case(
                self._course, self._lab, submissions, folder, self._asked.cache.resolve(), tell
            )
            try:
                row = Row(one.name, count, one.way(case))
            except CourseError as error:
                self._failed.append(f"{one.name} failed. {error}")
                return None
            tell(count)
        print(f"{row.wall:.2f} s, {row.cpu:.2f} CPU s each", flush=True)
        return row


def machine() -> str:
    """What one must know of a machine to read its figures."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        model = next(named, model)
    began = time.perf_counter()
    for _ in range(10**7):
        pass
    loop = time.perf_counter() - began
    busy = f", load before {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{platform.system()}, {model}, {os.cpu_count()} cores, {memory:.0f} GiB{busy}; "
        f"Python {platform.python_version()}, 10^7 turns of an empty loop in {loop:.2f} s"
    )


def versions() -> str:
    """The versions of what is compared."""
    ours = ("mlflow", "scikit-learn", "ipykernel", "papermill")
    found = {name: importlib.metadata.version(name) for name in ours}
    found |= {"nbgrader": with_nbgrader.VERSION, "otter-grader": with_otter.VERSION}
    return ", ".join(f"{name} {version}" for name, version in found.items())


if __name__ == "__main__":
    sys.exit(main())
