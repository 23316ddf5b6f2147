"""Exercise 3.5: a colleague's clone with the same bytes."""

from labkit.checks import Hint, Verdict, check, failed, passed
from labkit.evidence import Evidence, Repository

from .common import FIRST, NO_REPOSITORY, POINTER, PRACTICE, TABLE, no_repository, not_declared

TEAM, COLLEAGUE = f"{PRACTICE}/get/team", f"{PRACTICE}/get/colleague"


def colleague(evidence: Evidence) -> Repository | None:
    """The clone; None where there is none in its place."""
    found = evidence.repository(COLLEAGUE)
    return found if found and found.origin == TEAM else None


@check(
    "3.5",
    points=1,
    hints={
        **NO_REPOSITORY,
        "no_clone": Hint(
            "git clone takes two names: what to clone, and the folder to make.",
            'run("git clone team colleague", office), typed in the folder that holds team.',
        ),
        "other_place": Hint(
            "A clone is made in the folder in which you type the command.",
            "It belongs beside team, as the folder colleague in get.",
        ),
        "copied": Hint(
            "The folder is a copy, not a clone: it does not know where it came from.",
            "Delete it, and let Git make it: a real colleague cannot copy your folder.",
        ),
    },
)
def cloned(evidence: Evidence) -> Verdict:
    """Colleague is a clone of the team's repository."""
    if evidence.repository(TEAM) is None:
        return no_repository(TEAM)
    if colleague(evidence):
        return passed("colleague is a clone of team.")
    if evidence.repository(COLLEAGUE):
        return failed("colleague is no clone of team.", "copied")
    elsewhere = [one.path for one in evidence.repositories if one.origin == TEAM]
    if elsewhere:
        return failed(f"The clone is {elsewhere[0]}.", "other_place")
    return failed("There is no folder colleague with a clone.", "no_clone")


@check(
    "3.5",
    points=2,
    hints={
        "not_fetched": Hint(
            "The clone has the pointer, but not the table. Whose task are the bytes?",
            'run("dvc pull", colleague)',
        ),
        "other_bytes": Hint(
            "Something wrote to data.csv after it was fetched, or another file was put there.",
            'Delete it, then run("dvc pull", colleague).',
        ),
    },
)
def table_fetched(evidence: Evidence) -> Verdict:
    """data.csv in the clone is the first delivery."""
    found = colleague(evidence)
    if found is None:
        return failed("There is no clone to look into.")
    here = found.files.get(TABLE)
    if here == FIRST:
        return passed("The clone has the table.")
    if here is None:
        return failed("The clone has no data.csv.", "not_fetched")
    return failed("data.csv in the clone has other bytes.", "other_bytes")


@check(
    "3.5",
    points=1,
    hints={
        "not_declared": Hint(
            "The function md5 in the set-up computes it. Of which file shall it?",
            'labkit.declare("3.5", md5=md5(...)), with the path of the table in the clone.',
        ),
        "of_the_pointer": Hint(
            "This is the md5 of the pointer file itself.",
            "Compute it of data.csv: it is the same as the md5 that stands in data.csv.dvc.",
        ),
        "of_git": Hint(
            "This is an id of Git's, which has 40 characters.",
            "DVC names files by their md5, with 32: md5(...) of the table in the clone.",
        ),
        "of_other_bytes": Hint(
            "Of which file did you take it? The table lies in the clone.",
            'Compute it of the file: md5(colleague / "data.csv").',
        ),
    },
)
def bytes_proved(evidence: Evidence) -> Verdict:
    """The declared md5 is that of the table."""
    said = evidence.declared.get("md5")
    if said is None:
        return not_declared(evidence, "md5")
    name = str(said).strip().lower()
    if name == FIRST:
        return passed("The md5 is that of the table.")
    pointers = {one.files.get(POINTER) for one in evidence.repositories}
    hint = "of_the_pointer" if name in pointers else "of_git" if len(name) == 40 else None
    return failed(f"{name[:40]} is not the md5 of the table.", hint or "of_other_bytes")
