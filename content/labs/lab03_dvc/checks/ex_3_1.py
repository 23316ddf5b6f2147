"""Exercise 3.1: a table that DVC tracks, in a commit."""

import hashlib

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence, Repository

from .common import FIRST, POINTER, PRACTICE, TABLE, newest_pointed, pointed

TRACK = f"{PRACTICE}/track"
SETTINGS = ".dvc/config"
#: What `dvc init --no-scm` writes there, whatever ends a line.
WITHOUT_GIT = frozenset(
    hashlib.md5(text, usedforsecurity=False).hexdigest()
    for text in (b"[core]\n    no_scm = True\n", b"[core]\r\n    no_scm = True\r\n")
)
NO_SCM = {
    "no_scm": Hint(
        "--no-scm makes DVC leave Git alone: run the begin cell; git init comes before dvc init.",
        'After the begin cell: run("git init", track), then run("dvc init", track).',
    ),
}


def track(evidence: Evidence) -> Repository | None:
    """The repository of exercise 3.1."""
    return evidence.repository(TRACK)


def begun_without_git(found: Repository) -> bool:
    """Whether DVC was begun with --no-scm, so that it writes no .gitignore."""
    return found.files.get(SETTINGS) in WITHOUT_GIT


@check(
    "3.1",
    points=1,
    hints={
        **NO_SCM,
        "no_git": Hint(
            "Every repository begins with a command of Git, typed in its folder. DVC has one of the same name.",
            'run("git init", track), and after it run("dvc init", track). If DVC was begun '
            "without Git, run the begin cell first.",
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
    if begun_without_git(found):
        return failed("DVC was begun without Git (core.no_scm).", "no_scm")
    return passed("Git and DVC are set up.")


@check(
    "3.1",
    points=2,
    hints={
        "not_added": Hint(
            "A pointer is written when DVC is told of the table. Which of its commands does that?",
            'run("dvc add data.csv", track) writes the pointer data.csv.dvc.',
        ),
        "in_git": Hint(
            "What Git tracks, DVC refuses to track. Which of the two must be told first?",
            "Run the begin cell, and let dvc add come before git add.",
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
        return failed("There is no pointer: the repository comes first.")
    pointers = found.tracking.pointers
    if not pointers and (TABLE in found.staged or (found.newest and TABLE in found.newest.files)):
        return failed("There is no pointer, and Git has the table itself.", "in_git")
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
        **NO_SCM,
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
        return failed("There is no commit: the repository comes first.")
    if found.newest is None:
        # dvc init puts its own settings on Git's list, so only the pointer tells that work is on it.
        hint = "staged_only" if POINTER in found.staged else "nothing_committed"
        return failed("There is no commit.", hint)
    kept = found.newest.files
    if newest_pointed(found) != FIRST:
        hint = "staged_only" if POINTER in found.staged else "pointer_not_committed"
        return failed("The newest commit has no pointer to the first delivery.", hint)
    without = "no_scm" if begun_without_git(found) else "gitignore_missing"
    for name, hint in ((SETTINGS, "settings_missing"), (".gitignore", without)):
        if name not in kept:
            return partly(0.5, f"The newest commit has the pointer, but no {name}.", hint)
    return passed("The newest commit has all that a clone needs.", files=[*kept])
