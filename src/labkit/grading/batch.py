"""Grades a folder of submissions and goes on where it was stopped."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from labkit.errors import CourseError
from labkit.grading.bench import Order
from labkit.grading.files import file_names, write_whole, writing
from labkit.grading.gate import require_golden_cold
from labkit.grading.gradebook import (
    copy_files,
    evidence_digest,
    executed_path,
    write_gradebook,
)
from labkit.grading.journal import Journal, Kept, lab_digest, text_digest
from labkit.grading.load import find_entries, read_submission
from labkit.grading.outcome import Graded, State
from labkit.grading.places import alone, require_room, rooms_for
from labkit.grading.progress import progress
from labkit.grading.similar import Read, Reader, flag_copies, similar_pairs, write_similar
from labkit.grading.workers import Task, grade_tasks
from labkit.labs import Lab, load_lab
from labkit.paths import Course
from labkit.servers.data import needs_pull

#: Bytes that must be free where submissions work; lab 1 with its models takes a tenth of it.
ROOM = 100_000_000

CONFINED = (
    "Confined ({way}): {count} submissions. Each could write to its own folder only,\n"
    "and reach no checks, no other submissions and no TCP."
)
NOT_CONFINED = (
    "Not confined: {count} submissions. They ran in processes and folders of their own, but\n"
    "could read and write what you can."
)
NOT_RECORDED = "Graded before confinement was recorded: {count} submissions."


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of a batch.

    Args:
        graded: the outcome of every submission, in order of name.
        new: how many were graded now, and not taken from the journal.
        seconds: wall time for these.
        similar: how many pairs look alike.
    """

    graded: tuple[Graded, ...]
    new: int
    seconds: float
    similar: int = 0


@dataclass(frozen=True, slots=True)
class _Work:
    """A batch under way: what there is to do, with what, and what is done."""

    entries: dict[str, Path]
    out: Path
    order: Order
    rooms: Path
    journal: Journal
    text: str
    read: dict[str, Read] = field(default_factory=dict)
    done: dict[str, Kept] = field(default_factory=dict)


def grade_batch(
    submissions: Path,
    out: Path,
    order: Order,
    *,
    jobs: int = 1,
    stop_if_asked: Callable[[], None] = lambda: None,
) -> Batch:
    """Grade a folder of submissions into a folder of results.

    Args:
        submissions: the folder, see ``find_entries``.
        out: where ``gradebook.csv`` and its companions go; made if missing.
        order: what to grade with.
        jobs: how many to grade at a time.
        stop_if_asked: called after each submission; raises KeyboardInterrupt to stop the batch.

    Returns:
        The outcomes; the gradebook is written.

    Raises:
        CourseError: there is nothing to grade, the results cannot be written, a disk is full,
            another grader is at work in the same folder, or it was stopped (what is done is kept).
    """
    course = Course(order.root)
    lab = load_lab(course, order.lab)
    entries = find_entries(submissions, leave_out=out)
    _require_data(course)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    with alone(out), rooms_for(out) as rooms:
        journal = Journal(out / "journal.jsonl", lab_digest(lab))
        work = _Work(entries, out, replace(order, rooms=rooms), rooms, journal, text_digest(lab))
        _begin(work)
        with _stoppable(work):
            _read_all(work, lab)
            _take_known(work)
            before, start = len(work.done), time.monotonic()
            _grade_rest(work, jobs, stop_if_asked)
            seconds = time.monotonic() - start
        contents = {name: one.content for name, one in work.read.items()}
        graded = flag_copies((one.graded for one in work.done.values()), contents)
        pairs = similar_pairs(work.read)
        write_similar(out, pairs)
        write_gradebook(out, lab, graded)
    return Batch(graded, len(work.done) - before, seconds, len(pairs))


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
        rows.append(("seconds per submission", f"{batch.seconds / batch.new:.2f}"))
    if batch.new < len(batch.graded):
        rows.append(("taken from the journal", str(len(batch.graded) - batch.new)))
    rows.append(("with flags", str(sum(bool(one.flags) for one in batch.graded))))
    rows.append(("pairs that look alike", str(batch.similar)))
    width = max(len(name) for name, _ in rows)
    return "\n".join(
        [
            f"{order.lab}: {len(batch.graded)} submissions",
            "",
            *(f"  {name:<{width}}  {value}" for name, value in rows),
            "",
            f"  {out / 'gradebook.csv'}: a row per submission",
            f"  {out / 'checks.csv'}: how the class did on each check, the hardest exercise first",
            f"  {out / 'details.jsonl'}: every check, with what it looked at",
            f"  {out / 'similar.csv'}: who looks like whom; to be read, not to be counted",
            f"  {out / 'executed'}: the notebooks with the verdicts in place",
            "",
            *_confinement(batch.graded),
        ]
    )


def _begin(work: _Work) -> None:
    about = {
        "lab": work.order.lab,
        "text": work.text,
        "confined": work.order.confined,
        "submissions": list(work.entries),
    }
    write_whole(work.out / "batch.json", json.dumps(about, indent=1))


def _read_all(work: _Work, lab: Lab) -> None:
    """Read every submission once; what is graded later is read again, and not held till then."""
    reader = Reader(lab)
    with progress("Reading", len(work.entries), quiet=5) as bar:
        for name, path in work.entries.items():
            work.read[name] = reader.read(read_submission(name, path, lab.name))
            bar.update()


def _take_known(work: _Work) -> None:
    for name, read in work.read.items():
        kept = work.journal.find(name, read.digest, work.order.cell_seconds)
        if kept is not None and _is_whole(work.out, kept):
            work.done[name] = kept


def _is_whole(out: Path, kept: Kept) -> bool:
    """Whether the files are those of this outcome: a grader was killed between writing both."""
    if not kept.evidence:
        return True
    there = not kept.graded.executed or executed_path(out, kept.file_name).is_file()
    return there and kept.evidence == evidence_digest(out, kept.file_name)


def _grade_rest(work: _Work, jobs: int, stop_if_asked: Callable[[], None]) -> None:
    files = file_names(work.entries)
    with progress("Grading", len(work.entries), len(work.done)) as bar:
        # Once is enough, unless a submission is changed while the batch runs.
        while waiting := [name for name in work.entries if name not in work.done]:
            groups = _groups(work, waiting)
            tasks = [
                Task(name, work.entries[name], work.out, files[name])
                for name in groups
                if name not in work.done
            ]
            if tasks:
                require_golden_cold(work.order)
                require_room(work.rooms, ROOM)
            for name in [name for name in groups if name in work.done]:
                bar.update(_copy(work, name, groups[name], files))
            # Closed at once if we are stopped: nothing runs on while the rooms are removed.
            with contextlib.closing(grade_tasks(tasks, work.order, jobs)) as outcomes:
                for digest, graded in outcomes:
                    require_room(work.rooms, ROOM)
                    _keep(work, _kept(work, digest, graded, files[graded.name]))
                    bar.update(1 + _copy(work, graded.name, groups[graded.name], files))
                    stop_if_asked()


def _groups(work: _Work, waiting: Sequence[str]) -> dict[str, list[str]]:
    """Who is executed or was, and who is a copy of each."""
    first = {one.content: name for name, one in work.done.items() if one.content}
    groups: dict[str, list[str]] = {}
    for name in waiting:
        content = work.read[name].content
        leader = first.setdefault(content, name) if content else name
        groups.setdefault(leader, [])
        if leader != name:
            groups[leader].append(name)
    return groups


def _copy(work: _Work, name: str, others: Sequence[str], files: dict[str, str]) -> int:
    """Give its copies what a submission got; returns how many."""
    kept = work.done[name]
    if not kept.content:  # it was changed after it was read
        return 0
    given = []
    for other in others:
        if kept.graded.state is not State.FAULT:
            copy_files(work.out, kept.file_name, files[other])
        graded = replace(kept.graded, name=other, seconds=0.0)
        digest = work.read[other].digest
        given.append(replace(kept, graded=graded, digest=digest, file_name=files[other]))
    _keep(work, *given)
    return len(given)


def _kept(work: _Work, digest: str, graded: Graded, file_name: str) -> Kept:
    read = work.read[graded.name]
    return Kept(
        graded,
        digest,
        work.order.cell_seconds,
        content=read.content if digest == read.digest else "",
        file_name=file_name,
        evidence=evidence_digest(work.out, file_name),
        text=work.text,
    )


def _keep(work: _Work, *outcomes: Kept) -> None:
    work.journal.add(*(one for one in outcomes if one.graded.state is not State.FAULT))
    work.done.update({one.graded.name: one for one in outcomes})


def _confinement(graded: Sequence[Graded]) -> Iterator[str]:
    ways = Counter(one.confined for one in graded if one.executed)
    for way, count in sorted(ways.items()):
        said = {"no": NOT_CONFINED, "": NOT_RECORDED}.get(way, CONFINED)
        yield said.format(way=way, count=count)


def _require_data(course: Course) -> None:
    if needs_pull(course):
        raise CourseError(
            "The course data are not what they should be.",
            why=f"{course.data} is missing or was changed, and submissions read it.",
            next_step="Pull them with: dvc pull data.dvc (python course.py start does it too).",
        )


@contextlib.contextmanager
def _stoppable(work: _Work) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as stop:
        raise CourseError(
            f"Stopped: {len(work.done)} of {len(work.entries)} submissions are graded.",
            why="Ctrl-C was pressed, or the process was asked to end.",
            next_step="Run the same command again: it goes on with the next one.",
        ) from stop
