"""The course data: whether it is what ``data.dvc`` says, and how it is pulled."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from labkit.errors import CourseError
from labkit.paths import Course
from labkit.servers.environment import course_environment, sqlite_uri, tool


def pointer(course: Course) -> Path:
    """The file by which Git knows the course data."""
    return course.root / "data.dvc"


def wanted_digest(course: Course) -> str:
    """The digest ``data.dvc`` asks for; empty if the course has no data.

    Raises:
        CourseError: ``data.dvc`` cannot be read.
    """
    if not pointer(course).exists():
        return ""
    try:
        return str(yaml.safe_load(pointer(course).read_text(encoding="utf-8"))["outs"][0]["md5"])
    except (OSError, yaml.YAMLError, LookupError, TypeError) as fault:
        raise CourseError(
            f"{pointer(course)} is not a DVC pointer.",
            why=f"{type(fault).__name__}: {fault}",
            next_step="Restore it: git checkout -- data.dvc",
        ) from fault


def files_of(course: Course) -> dict[str, str]:
    """The md5 of every file in ``data/``, by its path in there."""
    files = (path for path in course.data.rglob("*") if path.is_file())
    return {path.relative_to(course.data).as_posix(): _md5(path.read_bytes()) for path in files}


def digest_of(files: dict[str, str]) -> str:
    """The digest DVC gives a folder: the md5 of its list of files."""
    listing = [{"md5": files[name], "relpath": name} for name in sorted(files)]
    return f"{_md5(json.dumps(listing).encode())}.dir"


def files_wanted(course: Course, digest: str) -> dict[str, str]:
    """What ``files_of`` should be, as the cache or the remote lists it; empty if neither does."""
    place = Path("files", "md5", digest[:2], digest[2:])
    for store in (course.root / ".dvc" / "cache", course.root / "remote"):
        if (store / place).is_file():
            listing = json.loads((store / place).read_text(encoding="utf-8"))
            return {entry["relpath"]: entry["md5"] for entry in listing}
    return {}


def needs_pull(course: Course) -> bool:
    """Whether ``data/`` is missing or is not what ``data.dvc`` says. Reads every file once."""
    wanted = wanted_digest(course)
    return bool(wanted) and digest_of(files_of(course)) != wanted


def pull(course: Course) -> None:
    """Have DVC fetch the course data from the course's own remote.

    Raises:
        CourseError: DVC could not, or would have had to overwrite files changed by hand.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-m", "dvc", "pull", "data.dvc"],
        cwd=course.root,
        env={**course_environment(course, sqlite_uri(course.database)), **_without_git(course)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " ".join(done.stderr.split()) or "DVC gave no reason."
        changed = "unsaved" in said
        raise CourseError(
            "The course data differs from data.dvc." if changed else "No course data was pulled.",
            why="Files in data/ were changed by hand." if changed else said,
            next_step=f"To have the course's files back, lose the changes: {tool(course, 'dvc')} "
            "checkout --force data.dvc"
            if changed
            else "Run `python course.py doctor`, mend what it names, and start again.",
        )


def _without_git(course: Course) -> dict[str, str]:
    """DVC refuses a folder that is no Git repository, such as an unpacked zip, unless told."""
    if any((folder / ".git").exists() for folder in (course.root, *course.root.parents)):
        return {}
    told = course.state / "dvc"
    told.mkdir(parents=True, exist_ok=True)
    (told / "config").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
    return {"DVC_GLOBAL_CONFIG_DIR": os.fspath(told)}


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
