"""What the exercises of lab 3 share: places, versions, and the verdict where nothing is there."""

import posixpath
import re

from labkit.checks import Hint, Verdict, failed
from labkit.evidence import Commit, Evidence, Repository

PRACTICE = "practice/lab03"
TABLE = "data.csv"
POINTER = "data.csv.dvc"
#: The md5 of the four deliveries that ``labkit.practice.deliveries`` makes of the churn table.
DELIVERIES = (
    "4fe44c2f0c930fb312813d3d56afba01",
    "3b67446b1df75cbcc2bb1bfb8d7f1b83",
    "a7cbbae828ea8724bd5dd212416ad93b",
    "0cd59650221c5b33b7ff5de9521db61a",
)
FIRST, SECOND, _, FOURTH = DELIVERIES

NO_REPOSITORY = {
    "no_repository": Hint(
        "The repository that the exercise begins with is not there, or cannot be read.",
        "Run the cell with begin(...) above the answer, which makes it, then your answer again.",
    ),
}


def no_repository(path: str) -> Verdict:
    """The verdict where the repository an exercise begins with is missing."""
    return failed(f"There is no repository in {path}.", "no_repository")


def not_declared(evidence: Evidence, name: str) -> Verdict:
    """The verdict where a value is missing; it says what was declared in its place."""
    others = ", ".join(evidence.declared)[:80]
    found = f" (declared: {others})" if others else ""
    return failed(f"{name} is not declared{found}.", "not_declared")


def pointed(state: Repository | Commit) -> str | None:
    """The md5 that the pointer of the table names; None where it has none."""
    return state.tracking.pointers.get(TABLE)


def newest_pointed(repository: Repository) -> str | None:
    """The md5 that the newest commit names."""
    return pointed(repository.newest) if repository.newest else None


def holds(repository: Repository, folder: str, md5: str) -> bool:
    """Whether a remote of a repository is this folder, and has these bytes."""
    return any(
        store.folder == folder and md5 in store.intact for store in repository.stores.values()
    )


def place_of(repository: Repository, state: Repository | Commit) -> str | None:
    """Where the default remote is, relative to the workspace; None where there is none.

    An address that is not relative is given as it is written.
    """
    address = state.tracking.remotes.get(state.tracking.default_remote)
    if address is None or is_absolute(address):
        return address
    here = posixpath.join(repository.path, ".dvc", address.replace("\\", "/"))
    return posixpath.normpath(here)


def is_absolute(address: str) -> bool:
    """Whether an address names a place on one machine only, or on the network."""
    return bool(re.match(r"[/\\~]|[A-Za-z][\w+.-]*:", address))
