"""Exercise 3.1: a table that DVC tracks, in a commit."""

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence, Repository

from .common import FIRST, POINTER, PRACTICE, TABLE, newest_pointed, pointed

TRACK = f"{PRACTICE}/track"
SETTINGS = ".dvc/config"


def track(evidence: Evidence) -> Repository | None:
    """The repository of exercise 3.1."""
    return evidence.repository(TRACK)


@check(
    "3.1",
    points=1,
    hints={
        "no_git": Hint(
            "Every repository begins with a command of Git, typed in its folder. DVC has one of the same name.",
            'run("git init", track), and after it run("dvc init", track).',
        ),
        "no_dvc": Hint(
            "DVC must be begun in the folder too: its command is called like Git's.",
            'run("dvc init", track) makes the folder .dvc with its settings.',
        ),
    },
)
def repository_made(evidence: Evidence) -> Verdict:
    """The folder is a Git repository and a DVC repository."""
    found = track(evidence)
    if found is None:
        return failed(f"{TRACK} is no Git repository.", "no_git")
    if SETTINGS not in found.files:
        return failed(f"{TRACK} is a Git repository without DVC.", "no_dvc")
    return passed("Git and DVC are set up.")


@check(
    "3.1",
    points=2,
    hints={
        "not_added": Hint(
            "Git and DVC are told nothing of the table until you add it.",
            'run("dvc add data.csv", track) writes the pointer data.csv.dvc.',
        ),
        "other_file": Hint(
            "Which file did you name in dvc add? A pointer lies beside the file it stands for.",
            "Track the file itself, where it is: the pointer is called data.csv.dvc.",
        ),
        "other_bytes": Hint(
            "Was the file written anew before dvc add? Reading and writing a table changes its bytes.",
            "Run the cell with begin(...) again, and add the file as it is.",
        ),
    },
)
def pointer_made(evidence: Evidence) -> Verdict:
    """The pointer names the bytes of the first delivery."""
    found = track(evidence)
    if found is None:
        return failed("There is no repository to look into.")
    pointers = found.tracking.pointers
    if not pointers:
        return failed("There is no pointer.", "not_added")
    if TABLE not in pointers:
        return failed(f"DVC tracks {', '.join(pointers)}.", "other_file")
    if pointed(found) != FIRST:
        return failed("The pointer names another table.", "other_bytes")
    return passed("The pointer names the first delivery.")


@check(
    "3.1",
    points=2,
    hints={
        "nothing_committed": Hint(
            "Git keeps nothing before a commit: choose the files first, then commit them.",
            'run("git add .", track), then run(\'git commit -m "Track the data"\', track).',
        ),
        "staged_only": Hint(
            "What the commit shall hold is chosen, but the commit is missing.",
            "run('git commit -m \"Track the data\"', track)",
        ),
        "pointer_not_committed": Hint(
            "git status lists what your commit left out. The pointer is a file like any other.",
            'run("git add .", track) takes data.csv.dvc too: .gitignore keeps the table out.',
        ),
        "settings_missing": Hint(
            "The commit has the pointer. Could somebody who clones it use DVC?",
            "Without .dvc/config a clone is no DVC repository: git add .dvc, and commit again.",
        ),
        "gitignore_missing": Hint(
            "DVC wrote a file that keeps the table out of Git. It helps others only if they get it.",
            "Without it somebody's `git add .` takes the table: git add .gitignore, and commit.",
        ),
    },
)
def committed(evidence: Evidence) -> Verdict:
    """The newest commit holds the pointer, the settings and the .gitignore."""
    found = track(evidence)
    if found is None:
        return failed("There is no repository to look into.")
    if found.newest is None:
        return failed("There is no commit.", "staged_only" if found.staged else "nothing_committed")
    kept = found.newest.files
    if newest_pointed(found) != FIRST:
        hint = "staged_only" if POINTER in found.staged else "pointer_not_committed"
        return failed("The newest commit has no pointer to the first delivery.", hint)
    for name, hint in ((SETTINGS, "settings_missing"), (".gitignore", "gitignore_missing")):
        if name not in kept:
            return partly(0.5, f"The newest commit has the pointer, but no {name}.", hint)
    return passed("The newest commit has all that a clone needs.", files=[*kept])
