"""Exercise 3.3: a second version, committed and pushed."""

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence, Repository

from .common import (
    FIRST,
    NO_REPOSITORY,
    POINTER,
    PRACTICE,
    SECOND,
    TABLE,
    holds,
    newest_pointed,
    no_repository,
    pointed,
)

TEAM, STORE = f"{PRACTICE}/change/team", f"{PRACTICE}/change/store"


@check(
    "3.3",
    points=2,
    hints={
        **NO_REPOSITORY,
        "not_added": Hint(
            "The pointer still names the first delivery. Does DVC know that the table changed?",
            'After writing the bytes: run("dvc add data.csv", change), which rewrites the pointer.',
        ),
        "went_back": Hint(
            "You look at an old commit, where the table is the first delivery again.",
            'Go forward: run("git checkout main", change), then run("dvc checkout", change).',
        ),
        "staged_only": Hint(
            "The new pointer is chosen for a commit that is missing.",
            "run('git commit -m \"Second delivery\"', change)",
        ),
        "not_committed": Hint(
            "git status shows that the pointer changed. Others get it by a commit.",
            "run('git commit -a -m \"Second delivery\"', change)",
        ),
        "other_file": Hint(
            "The second delivery is tracked as a file of its own.",
            "A version is the same file at another commit: write the bytes to data.csv and add that.",
        ),
        "added_before": Hint(
            "The pointer names other bytes: those that data.csv had when you last added it.",
            'run("dvc add data.csv", change) now that the bytes are right, then commit and push.',
        ),
        "other_bytes": Hint(
            "Compare the md5 of data.csv with that of second. What changed them on the way?",
            'Take the bytes as they are: (change / "data.csv").write_bytes(second). Going through '
            "pandas changes them.",
        ),
        "history_rewritten": Hint(
            "--amend and reset replace commits, which others may have already.",
            "Make a new commit on top of it, without --amend; begin anew with the cell above.",
        ),
    },
)
def second_committed(evidence: Evidence) -> Verdict:
    """The newest commit points to the second delivery, an older one to the first."""
    found = evidence.repository(TEAM)
    if found is None:
        return no_repository(TEAM)
    if newest_pointed(found) == SECOND:
        if any(pointed(one) == FIRST for one in found.commits):
            return passed("The newest commit points to the second delivery.")
        return partly(0.5, "No commit points to the first delivery any more.", "history_rewritten")
    return failed("The newest commit does not point to the second delivery.", _missing(found))


def _missing(found: Repository) -> str:
    """Which hint says how far the second delivery came."""
    if SECOND in {md5 for name, md5 in found.tracking.pointers.items() if name != TABLE}:
        return "other_file"
    if pointed(found) == SECOND:
        return "staged_only" if POINTER in found.staged else "not_committed"
    if pointed(found) != FIRST:
        return "added_before" if found.files.get(TABLE) == SECOND else "other_bytes"
    return "not_added" if found.branch else "went_back"


@check(
    "3.3",
    points=1,
    hints={
        **NO_REPOSITORY,
        "not_pushed": Hint(
            "A commit sends no bytes anywhere, and the first push sent the first delivery only.",
            'Git and DVC are pushed apart: run("dvc push", change) after dvc add.',
        ),
        "pushed_others": Hint(
            "Your push went through: it sent what the pointer named at that moment.",
            'As soon as the pointer names the second delivery: run("dvc push", change) again.',
        ),
    },
)
def second_pushed(evidence: Evidence) -> Verdict:
    """The remote has the second delivery."""
    found = evidence.repository(TEAM)
    if found is None:
        return no_repository(TEAM)
    if holds(found, STORE, SECOND):
        return passed("The remote has the second delivery.")
    pushed = {
        md5 for store in found.stores.values() if store.folder == STORE for md5 in store.intact
    }
    if pushed - {FIRST}:
        return failed("The remote has another table, not the second delivery.", "pushed_others")
    return failed("The remote does not have the second delivery.", "not_pushed")


@check(
    "3.3",
    points=1,
    hints={
        **NO_REPOSITORY,
        "still_first": Hint(
            "Did you write the bytes of second, or have you gone back to an older commit since?",
            'Write the bytes of second to it; if you went back: git checkout main, run("dvc '
            'checkout", change).',
        ),
        "gone": Hint(
            "The table is not lost: the pointer names it, and DVC has it in its cache.",
            'run("dvc checkout", change) puts there what the pointer names.',
        ),
        "changed": Hint(
            "Something wrote to data.csv: its md5 is not that of second.",
            '(change / "data.csv").write_bytes(second)',
        ),
    },
)
def second_here(evidence: Evidence) -> Verdict:
    """data.csv is the second delivery."""
    found = evidence.repository(TEAM)
    if found is None:
        return no_repository(TEAM)
    here = found.files.get(TABLE)
    if here == SECOND:
        return passed("data.csv is the second delivery.")
    hint = "gone" if here is None else "still_first" if here == FIRST else "changed"
    return failed("data.csv is not the second delivery.", hint)
