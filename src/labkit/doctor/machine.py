"""The machine: Python, Git, DVC, room on the disk."""

from __future__ import annotations

import shutil
import subprocess
import sys

from labkit.doctor.finding import Finding
from labkit.paths import Course

OLDEST, NEWEST = (3, 11), (3, 13)
#: Bytes that models, runs and data of the whole course may come to, with room to spare.
ROOM = 2 * 10**9


def python_version(version: tuple[int, int, int]) -> Finding:
    """Whether the course runs on a Python of ``version``."""
    found = ".".join(map(str, version))
    if OLDEST <= version[:2] <= NEWEST:
        return Finding("Python", found)
    return Finding(
        "Python",
        f"{found} is not supported.",
        "the course's packages are made for Python 3.11, 3.12 and 3.13.",
        "install one of these, and start the course with it: python3.13 course.py start",
    )


def git(path: str | None = None) -> Finding:
    """Whether Git is there and works; looked for on ``path``, by default on PATH."""
    program = shutil.which("git", path=path)
    said = _first_line([program, "--version"]) if program else ""
    if said:
        return Finding("Git", said)
    return Finding(
        "Git",
        "Git does not run." if program else "Git is missing.",
        f"{program} gives no answer." if program else "no program of that name is on PATH.",
        "install it from https://git-scm.com/downloads and open a new terminal.",
    )


def dvc(python: str = sys.executable) -> Finding:
    """Whether DVC runs under the interpreter ``python``."""
    said = _first_line([python, "-P", "-m", "dvc", "--version"])
    if said:
        return Finding("DVC", said)
    return Finding(
        "DVC",
        "DVC is missing.",
        f"{python} cannot run it: the environment is damaged.",
        "delete the folder .venv; the next `python course.py start` makes it anew.",
    )


def disk(course: Course, room: int = ROOM) -> Finding:
    """Whether ``room`` bytes are free where the course lies."""
    place = next(folder for folder in (course.root, *course.root.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB free"
    if free >= room:
        return Finding("disk space", text)
    return Finding(
        "disk space",
        f"Only {text} on the disk of {course.root}.",
        f"the course may need {room / 1e9:.1f} GB for runs, models and data.",
        "free some space, or move the course folder to another disk.",
    )


def _first_line(command: list[str]) -> str:
    """The first line a program prints, empty if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip().partition("\n")[0]
