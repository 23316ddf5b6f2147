"""Where a batch works: alone in its folder of results, in rooms that are gone afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from labkit.errors import CourseError
from labkit.grading.files import remove_half_made, writing
from labkit.grading.removal import remove_all
from labkit.paths import ROOT_VARIABLE

#: Seconds a process that was killed may take to be gone on a busy machine.
SECONDS_TO_DIE = 5

#: Linux keeps in memory what is written here: no database waits for a disk to be sure of it.
MEMORY = Path("/dev/shm")  # noqa: S108 - each room there is made by mkdtemp
#: Bytes that must be free there, and of memory as a whole: submissions may use a disk's worth.
MEMORY_FREE, MEMORY_AVAILABLE = 4 << 30, 12 << 30


@contextlib.contextmanager
def alone(out: Path) -> Iterator[None]:
    """Keep others from grading or regrading into a folder of results.

    What a killed one was writing there is removed.

    Args:
        out: the folder.

    Raises:
        CourseError: another is at work there, or the folder cannot be written.
    """
    lock = FileLock(out / ".grading.lock")
    with writing(out):
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise CourseError(
                f"Another grader is at work in {out}.",
                why="Two at once would write the same files.",
                next_step="Wait until it is done, or give another --out.",
            ) from error
    try:
        for folder in (out, out / "executed", out / "evidence"):
            remove_half_made(folder)
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def rooms_for(out: Path) -> Iterator[Path]:
    """A folder for workspaces and all else that is temporary; it is removed afterwards.

    It is in memory where there is plenty and the user names no folder by TMPDIR. What killed
    graders of ``out`` left is removed too: their folders, and kernels that have not yet noticed
    that nobody listens.

    Args:
        out: the folder of results.

    Raises:
        CourseError: it cannot be made.
    """
    mark = hashlib.sha256(str(out.resolve()).encode(errors="replace")).hexdigest()[:8]
    prefix = f"labkit-{mark}-"
    with writing(Path("The folder for temporary files")):
        place, *others = _places()
        for one in (place, *others):
            _remove_rooms(one, prefix)
        rooms = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        # Git asks by access(2), for which no capability counts: another user has to get through.
        rooms.chmod(0o711)
    try:
        with _temporary_files_in(rooms):
            yield rooms
    finally:
        _remove_rooms(place, prefix)


def require_room(folder: Path, needed: int) -> None:
    """Stop before a full disk is taken for a student's mistake.

    Args:
        folder: where workspaces are made.
        needed: how many bytes must be free there.

    Raises:
        CourseError: there are fewer.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise CourseError(
            f"The disk that holds {folder} is full: {free / 1e6:.0f} MB are free.",
            why=f"Submissions work there, and would fail for want of room ({needed / 1e6:.0f} MB).",
            next_step="Make room, or set TMPDIR to a folder on another disk; then run the same "
            "command again: what is graded is kept.",
        )


def _places() -> list[Path]:
    """Where rooms may be, the best first."""
    disk = Path(tempfile.gettempdir())
    if any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")):
        return [disk]
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK | os.X_OK)):
        return [disk]
    plenty = (
        shutil.disk_usage(MEMORY).free >= MEMORY_FREE
        and psutil.virtual_memory().available >= MEMORY_AVAILABLE
    )
    return [MEMORY, disk] if plenty else [disk, MEMORY]


@contextlib.contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Have this process, and those it starts, make temporary files where they will be removed."""
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before[0]
        os.environ.pop("TMPDIR")
        if before[1] is not None:
            os.environ["TMPDIR"] = before[1]


def _remove_rooms(place: Path, prefix: str) -> None:
    left = list(place.glob(f"{prefix}*"))
    if left:
        _end_what_runs_in(str(place / prefix))
    for rooms in left:
        remove_all(rooms)


def _end_what_runs_in(rooms: str) -> None:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            # Only what was started for a submission has this: no shell that looks into a room.
            if process.environ().get(ROOT_VARIABLE, "").startswith(rooms):
                process.kill()
                found.append(process)
    psutil.wait_procs(found, timeout=SECONDS_TO_DIE)
