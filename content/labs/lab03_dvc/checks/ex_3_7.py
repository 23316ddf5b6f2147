"""Exercise 3.7: a table that goes from Git to DVC."""

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence, Repository

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
            "A .gitignore lets go of nothing that Git tracks already. Which command does?",
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
        "gone": Hint(
            "data.csv is gone from the folder: write it again, or run the begin cell.",
            '(mistake / "data.csv").write_bytes(first), then run("dvc add data.csv", mistake).',
        ),
        "not_added": Hint(
            "Git has let go of the table. Now it is DVC's turn.",
            'run("dvc add data.csv", mistake)',
        ),
        "pointer_staged": Hint(
            "It is staged; commit it.",
            "run('git commit -m \"Keep the data with DVC\"', mistake)",
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
        return failed("There is no pointer.", _untracked(found))
    if pointed(found) != FIRST:
        return failed("The pointer names other bytes.", "other_bytes")
    if POINTER not in found.newest.files or newest_pointed(found) != FIRST:
        hint = "pointer_staged" if POINTER in found.staged else "pointer_not_committed"
        return failed("The newest commit has no such pointer.", hint)
    if ".gitignore" not in found.newest.files:
        return partly(0.5, "The newest commit has no .gitignore.", "gitignore_missing")
    return passed("The newest commit has the pointer and the .gitignore.")


def _untracked(found: Repository) -> str:
    """Which hint says what the next command is."""
    if TABLE not in found.files:
        return "gone"
    committed = found.newest is not None and TABLE in found.newest.files
    # The file is as it was committed, so what is staged of it can only be its removal.
    let_go = not committed or (TABLE in found.staged and found.files[TABLE] == FIRST)
    return "not_added" if let_go else "not_tracked"
