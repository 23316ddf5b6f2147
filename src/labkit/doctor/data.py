"""The course data: pulled, and unaltered."""

from __future__ import annotations

from labkit.doctor.finding import Finding
from labkit.paths import Course
from labkit.servers.data import digest_of, files_of, files_wanted, wanted_digest
from labkit.servers.environment import tool


def data(course: Course) -> Finding:
    """Whether ``data/`` is what ``data.dvc`` says; names the files that are not.

    Raises:
        CourseError: ``data.dvc`` cannot be read.
    """
    digest = wanted_digest(course)
    if not digest:
        return Finding("data", "this folder has no course data")
    found = files_of(course)
    if digest_of(found) == digest:
        return Finding("data", f"{len(found)} files, as data.dvc says")
    if not found:
        return Finding(
            "data",
            "The course data was not pulled.",
            "data.dvc names files that are not in data/.",
            f"{tool(course, 'dvc')} pull data.dvc (or python course.py start, which does it)",
        )
    return Finding(
        "data",
        "The course data is not what data.dvc says.",
        _difference(found, files_wanted(course, digest)),
        "to have the course's files back, and lose the changes: "
        f"{tool(course, 'dvc')} pull --force data.dvc",
    )


def _difference(found: dict[str, str], wanted: dict[str, str]) -> str:
    if not wanted:
        return "its digest differs (neither cache nor remote lists the files it should be)."
    altered = {name for name in found.keys() & wanted.keys() if found[name] != wanted[name]}
    kinds = {
        "altered": altered,
        "missing": wanted.keys() - found.keys(),
        "added": found.keys() - wanted.keys(),
    }
    return "; ".join(
        f"{kind}: {', '.join(sorted(names))}" for kind, names in kinds.items() if names
    )
