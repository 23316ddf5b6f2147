"""Exercise 3.4: the bad delivery found, and the good one brought back."""

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence, Repository

from .common import (
    FOURTH,
    NO_REPOSITORY,
    PRACTICE,
    SECOND,
    newest_pointed,
    no_repository,
    not_declared,
    pointed,
)

TEAM, STORE = f"{PRACTICE}/back/team", f"{PRACTICE}/back/store"
FAULTY, TWICE = 3, 137

NOT_DECLARED = {
    "not_declared": Hint(
        "Count in each version first: there is a number for every tag, and two go into one call.",
        'labkit.declare("3.4", first_faulty=..., twice=...), both in one call: a second call '
        "replaces the first.",
    ),
}


@check(
    "3.4",
    points=1,
    hints={
        **NOT_DECLARED,
        "no_tag": Hint(
            "Which names does `git tag` list?",
            'Declare the tag as text: "v1", "v2", "v3" or "v4".',
        ),
        "still_good": Hint(
            "In this version every customer is there once.",
            "Check out each tag with Git, then with DVC, and count: "
            'table["customer_id"].duplicated().sum().',
        ),
        "not_the_first": Hint(
            "This version is faulty, but so is one before it.",
            "Look at the versions in their order: which is the first with customers in it twice?",
        ),
    },
)
def faulty_found(evidence: Evidence) -> Verdict:
    """first_faulty is the tag of the first faulty version."""
    said = evidence.declared.get("first_faulty")
    if said is None:
        return not_declared(evidence, "first_faulty")
    tag = str(said).strip().lower().removeprefix("v")
    if tag not in {"1", "2", "3", "4"}:
        return failed(f"first_faulty is {said!r}.", "no_tag")
    if int(tag) == FAULTY:
        return passed("The first faulty version is found.")
    return failed(f"It is not v{tag}.", "still_good" if int(tag) < FAULTY else "not_the_first")


@check(
    "3.4",
    points=1,
    hints={
        **NOT_DECLARED,
        "as_text": Hint(
            "With quotes a number is text. Declare it as Python counted it.",
            'labkit.declare("3.4", first_faulty=..., twice=found), with your own name for found.',
        ),
        "counted_both": Hint(
            "You counted both rows of each such customer.",
            "A customer who is there twice counts once: duplicated() without keep=False.",
        ),
        "other_number": Hint(
            "Did dvc checkout run after git checkout? Without it you count in another version.",
            'In the first faulty version: table["customer_id"].duplicated().sum().',
        ),
    },
)
def twice_counted(evidence: Evidence) -> Verdict:
    """Twice is how many customers are there twice."""
    said = evidence.declared.get("twice")
    if said is None:
        return not_declared(evidence, "twice")
    if said == TWICE and not isinstance(said, bool):
        return passed(f"{TWICE} customers are there twice.")
    if isinstance(said, str) and said.strip().isdecimal():
        return failed(f"twice is text: write {said.strip()[:20]} without quotes.", "as_text")
    return failed(f"It is not {said!r}.", "counted_both" if said == 2 * TWICE else "other_number")


@check(
    "3.4",
    points=2,
    hints={
        **NO_REPOSITORY,
        "nothing_done": Hint(
            "Only the pointer goes back, in a new commit. Git can take a single file from a tag.",
            'On main: run("git checkout TAG -- data.csv.dvc", back) with the good tag, commit, and '
            'run("dvc checkout", back).',
        ),
        "not_committed": Hint(
            "The pointer is right, but nobody else gets it before a commit.",
            "run('git commit -a -m \"Back to the good delivery\"', back)",
        ),
        "only_looked": Hint(
            "You look at an old commit, and main still leads to the bad delivery.",
            'run("git checkout main", back), then take only the pointer from the tag: '
            "git checkout TAG -- data.csv.dvc, and commit.",
        ),
        "history_rewritten": Hint(
            "The later commits are gone from the branch: others have them already.",
            "Begin anew, and instead of git reset bring back only the pointer, in a new commit.",
        ),
        "not_on_main": Hint(
            "You were on no branch when you committed: git status says so.",
            'run("git branch -f main", back), then run("git checkout main", back): your commit '
            "becomes the newest of main.",
        ),
        "other_version": Hint(
            "Which is the last tag before the faults begin?",
            "It is the one just before the tag that you declare as first_faulty.",
        ),
    },
)
def rolled_back(evidence: Evidence) -> Verdict:
    """A new commit on main, after all others, points to the last good version."""
    found = evidence.repository(TEAM)
    if found is None:
        return no_repository(TEAM)
    later = any(pointed(one) == FOURTH for one in found.commits)
    if newest_pointed(found) != SECOND:
        return failed("The newest commit does not point to the last good version.", _why(found))
    if later and found.branch == "main":
        return passed("A new commit points to the last good version.")
    if later:
        return partly(0.5, "The new commit is not on main.", "not_on_main")
    hint = "history_rewritten" if found.branch else "only_looked"
    return failed("No commit after the faulty ones points to it.", hint)


def _why(found: Repository) -> str:
    """Which hint says how far the good version came."""
    if pointed(found) == SECOND:
        return "not_committed"
    if not found.branch:
        return "only_looked"
    return "nothing_done" if newest_pointed(found) == FOURTH else "other_version"
