"""Grades a folder of submissions, one after the other, and goes on where it was stopped."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout
from tqdm import tqdm

from labkit.errors import CourseError
from labkit.grading.bench import Order
from labkit.grading.files import file_names, write_whole, writing
from labkit.grading.gate import require_golden_cold
from labkit.grading.gradebook import write_gradebook
from labkit.grading.journal import Journal, lab_digest, text_digest
from labkit.grading.load import find_entries, read_submission
from labkit.grading.outcome import Graded, State
from labkit.grading.workers import Task, grade_tasks
from labkit.labs import load_lab
from labkit.paths import Course
from labkit.servers.data import needs_pull

CONFINED = (
    "Submissions were confined: each could write to its own folder only, and reach no checks, no",
    "other submissions and no TCP.",
)
NOT_CONFINED = (
    "Submissions ran in processes and folders of their own, but not confined: they could",
    "read and write what you can.",
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of a batch.

    Args:
        graded: the outcome of every submission, in order of name.
        new: how many were graded now, and not taken from the journal.
        seconds: wall time for these.
    """

    graded: tuple[Graded, ...]
    new: int
    seconds: float


def grade_batch(submissions: Path, out: Path, order: Order, *, jobs: int = 1) -> Batch:
    """Grade a folder of submissions into a folder of results.

    Args:
        submissions: the folder, see ``find_entries``.
        out: where ``gradebook.csv`` and its companions go; made if missing.
        order: what to grade with.
        jobs: how many to grade at a time.

    Returns:
        The outcomes; the gradebook is written.

    Raises:
        CourseError: there is nothing to grade, the results cannot be written, another grader is
            at work in the same folder, or it was stopped (what is done is kept).
    """
    course = Course(order.root)
    lab = load_lab(course, order.lab)
    entries = find_entries(submissions, leave_out=out)
    _require_data(course)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    with _alone(out), _rooms(out) as rooms:
        journal = Journal(out / "journal.jsonl", lab_digest(lab))
        about = {"lab": lab.name, "text": text_digest(lab), "confined": order.confined}
        write_whole(out / "batch.json", json.dumps(about, indent=1))
        done = dict(_already_done(entries, journal, order))
        before, start = len(done), time.monotonic()
        try:
            _grade_rest(entries, done, out, journal, replace(order, rooms=rooms), jobs)
        except KeyboardInterrupt as stop:
            raise CourseError(
                f"Stopped: {len(done)} of {len(entries)} submissions are graded.",
                why="Ctrl-C was pressed, or the process was asked to end.",
                next_step="Run the same command again: it goes on with the next one.",
            ) from stop
        write_gradebook(out, lab, list(done.values()))
    graded = tuple(done[name] for name in sorted(done))
    return Batch(graded, len(done) - before, time.monotonic() - start)


def summary(batch: Batch, order: Order, out: Path) -> str:
    """What happened, as a table of text.

    Args:
        batch: the outcome.
        order: what it was graded with.
        out: where the files are.
    """
    states = Counter(one.state for one in batch.graded)
    rows = [(str(state), str(states[state])) for state in State if states[state]]
    mean = sum(one.points for one in batch.graded) / len(batch.graded)
    rows.append(("mean points", f"{mean:.4g} of {batch.graded[0].max_points:g}"))
    if batch.new:
        rows.append(("seconds per submission", f"{batch.seconds / batch.new:.1f}"))
    if batch.new < len(batch.graded):
        rows.append(("taken from the journal", str(len(batch.graded) - batch.new)))
    width = max(len(name) for name, _ in rows)
    return "\n".join(
        [
            f"{order.lab}: {len(batch.graded)} submissions",
            "",
            *(f"  {name:<{width}}  {value}" for name, value in rows),
            "",
            f"  {out / 'gradebook.csv'}: a row per submission",
            f"  {out / 'details.jsonl'}: every check, with what it looked at",
            f"  {out / 'executed'}: the notebooks with the verdicts in place",
            "",
            *(CONFINED if order.confined else NOT_CONFINED),
        ]
    )


def _already_done(
    entries: dict[str, Path], journal: Journal, order: Order
) -> Iterator[tuple[str, Graded]]:
    for name, path in entries.items():
        submission = read_submission(name, path, order.lab)
        graded = journal.find(name, submission.digest, order.cell_seconds)
        if graded is not None:
            yield name, graded


def _grade_rest(
    entries: dict[str, Path],
    done: dict[str, Graded],
    out: Path,
    journal: Journal,
    order: Order,
    jobs: int,
) -> None:
    names = file_names(entries)
    tasks = [Task(name, entries[name], out, names[name]) for name in entries if name not in done]
    if tasks:
        require_golden_cold(order)
    with tqdm(total=len(entries), initial=len(done), unit="submission", desc="Grading") as bar:
        for digest, graded in grade_tasks(tasks, order, jobs):
            if graded.state is not State.FAULT:
                journal.add(digest, graded, order.cell_seconds)
            done[graded.name] = graded
            bar.update()


def _require_data(course: Course) -> None:
    if needs_pull(course):
        raise CourseError(
            "The course data are not what they should be.",
            why=f"{course.data} is missing or was changed, and submissions read it.",
            next_step="Pull them with: dvc pull data.dvc (python course.py start does it too).",
        )


@contextlib.contextmanager
def _rooms(out: Path) -> Iterator[Path]:
    """Where workspaces are made: the same place each time, to remove what a killed grader left."""
    mark = hashlib.sha256(str(out.resolve()).encode(errors="replace")).hexdigest()[:12]
    rooms = Path(tempfile.gettempdir()) / f"labkit-grading-{mark}"
    shutil.rmtree(rooms, ignore_errors=True)
    with writing(rooms):
        rooms.mkdir(mode=0o700)
    try:
        yield rooms
    finally:
        shutil.rmtree(rooms, ignore_errors=True)


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    lock = FileLock(out / ".grading.lock")
    try:
        with lock.acquire(timeout=0):
            yield
    except Timeout as error:
        raise CourseError(
            f"Another grader is at work in {out}.",
            why="Two at once would write the same files.",
            next_step="Wait until it is done, or give another --out.",
        ) from error
