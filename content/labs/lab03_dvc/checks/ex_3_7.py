"""Exercise 3.7: a table that goes from Git to DVC."""

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence

from .common import (
    FIRST,
    NO_REPOSITORY,
    POINTER,
    PRACTICE,
    TABLE,
    newest_pointed,
    no_repository,
    pointed,
)

TEAM = f"{PRACTICE}/mistake/team"


@check(
    "3.7",
    points=1,
    hints={
        **NO_REPOSITORY,
        "still_in_git": Hint(
            "The newest commit still holds the table. A .gitignore alone does not let go of it.",
            'run("git rm --cached data.csv", mistake), and commit: the file itself stays.',
        ),
        "removal_not_committed": Hint(
            "Git is told to let go of the table, but not by a commit.",
            "run('git commit -m \"Keep the data with DVC\"', mistake)",
        ),
    },
)
def out_of_git(evidence: Evidence) -> Verdict:
    """The newest commit does not hold the table."""
    found = evidence.repository(TEAM)
    if found is None or found.newest is None:
        return no_repository(TEAM)
    if TABLE not in found.newest.files:
        return passed("The newest commit does not hold the table.")
    hint = "removal_not_committed" if TABLE in found.staged else "still_in_git"
    return failed("The newest commit holds the table.", hint)


@check(
    "3.7",
    points=2,
    hints={
        **NO_REPOSITORY,
        "not_tracked": Hint(
            "DVC does not track the table yet. Did its command go through?",
            'First run("git rm --cached data.csv", mistake), then run("dvc add data.csv", mistake).',
        ),
        "pointer_not_committed": Hint(
            "git status lists the pointer as a file that Git does not know yet.",
            "git commit -a takes only what Git knows already: git add data.csv.dvc .gitignore "
            "first.",
        ),
        "gitignore_missing": Hint(
            "What keeps the next `git add .` from taking the table again?",
            "The .gitignore that DVC wrote: git add .gitignore, and commit.",
        ),
        "other_bytes": Hint(
            "The file was changed before dvc add, so the pointer names its new bytes.",
            "Begin anew with the cell above, and add the file as it is.",
        ),
    },
)
def tracked_instead(evidence: Evidence) -> Verdict:
    """The newest commit has the pointer and the .gitignore."""
    found = evidence.repository(TEAM)
    if found is None or found.newest is None:
        return no_repository(TEAM)
    if pointed(found) is None:
        return failed("There is no pointer.", "not_tracked")
    if pointed(found) != FIRST:
        return failed("The pointer names other bytes.", "other_bytes")
    if POINTER not in found.newest.files or newest_pointed(found) != FIRST:
        return failed("The newest commit has no such pointer.", "pointer_not_committed")
    if ".gitignore" not in found.newest.files:
        return partly(0.5, "The newest commit has no .gitignore.", "gitignore_missing")
    return passed("The newest commit has the pointer and the .gitignore.")
