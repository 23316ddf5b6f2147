"""Exercise 3.6: three broken remotes, their causes found and mended."""

from collections.abc import Mapping

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence, Repository

from .common import FIRST, NO_REPOSITORY, PRACTICE, TABLE, holds, no_repository

BROKEN = f"{PRACTICE}/broken"
CAUSES = {"a": "not pushed", "b": "wrong address", "c": "damaged"}
#: What mends each for everybody.
MENDS = {
    "a": "dvc push in a/team brings the table into the store.",
    "b": "put the right address into a commit of b/team, and git pull in b/colleague.",
    "c": "delete the file in c/store, then dvc push in c/team.",
}
WORDS = {*CAUSES.values(), "no pointer", "no remote"}


def clones(evidence: Evidence) -> Mapping[str, Repository]:
    """The colleagues' clones by letter; those that are missing are left out."""
    found = {letter: evidence.repository(f"{BROKEN}/{letter}/colleague") for letter in CAUSES}
    return {letter: one for letter, one in found.items() if one}


@check(
    "3.6",
    points=3,
    hints={
        "not_declared": Hint(
            "For each letter look into three places: the pointer, .dvc/config, and the store.",
            'labkit.declare("3.6", a="...", b="...", c="..."), all in one call.',
        ),
        "unknown": Hint(
            "The five causes stand in the task, each between quotes: copy them from there.",
            "One of: not pushed, wrong address, damaged, no pointer, no remote. All three in one call.",
        ),
        "wrong_a": Hint(
            "Think about a: the address leads to the store. What is in it?",
            "The folder store has no file at all: the table was not pushed.",
        ),
        "wrong_b": Hint(
            "Think about b: compare the files in the store with the address in .dvc/config.",
            "The store has the table, but the settings lead to another folder: wrong address.",
        ),
        "wrong_c": Hint(
            "Think about c: the store has a file under the right name. Compute its md5.",
            "Its bytes are not those it is named by: it is damaged, and DVC did not look.",
        ),
    },
)
def causes_found(evidence: Evidence) -> Verdict:
    """The causes are declared rightly."""
    if not evidence.declared:
        return failed("Nothing is declared.", "not_declared")
    said = {letter: str(evidence.declared.get(letter) or "").strip().lower() for letter in CAUSES}
    good = [letter for letter in CAUSES if said[letter] == CAUSES[letter]]
    summary = f"{len(good)} of the 3 causes are right."
    if len(good) == len(CAUSES):
        return passed(summary)
    unknown = [
        f"{letter}: '{one[:40]}' is none of the five." if one else f"{letter} is not declared."
        for letter, one in said.items()
        if one not in WORDS
    ]
    first_wrong = next(letter for letter in CAUSES if letter not in good)
    hint = "unknown" if unknown else f"wrong_{first_wrong}"
    return partly(len(good) / len(CAUSES), " ".join([summary, *unknown]), hint, **said)


@check(
    "3.6",
    points=3,
    hints={
        **NO_REPOSITORY,
        "not_mended_a": Hint(
            "a: compare what lies in a/team, what in a/store, and where dvc remote list leads.",
            "a: the team has its bytes, the store has none: dvc push in a/team, then dvc pull in "
            "a/colleague.",
        ),
        "not_mended_b": Hint(
            "b: compare what lies in b/team, what in b/store, and where dvc remote list leads.",
            "b: dvc remote modify store url ../store in b/team, commit it, git pull in b/colleague, "
            "then dvc pull there.",
        ),
        "not_mended_c": Hint(
            "c: dvc pull goes through here. Compare the md5 of its data.csv with the pointer's.",
            "c: delete the file in c/store, then dvc push in c/team, and dvc pull in c/colleague.",
        ),
        "damaged_c": Hint(
            "c: dvc push says that all is up to date, as c/store has a file under the right name. "
            "It has to go before the right one can come.",
            "c: delete the file in c/store, then dvc push in c/team. Then delete c/colleague, whose "
            "cache has the wrong rows once it has pulled; clone it anew, and dvc pull there.",
        ),
        "emptied_c": Hint(
            "c: the store c/store lacks the right file now. Who has it?",
            "c: dvc push in c/team, then dvc pull in c/colleague.",
        ),
        "cached_c": Hint(
            "c: the store is right now, but the wrong rows are in the cache of c/colleague, too, "
            "and DVC trusts them.",
            "c: delete the folder c/colleague, clone it anew, and dvc pull there.",
        ),
        **{
            f"wrong_rows_{letter}": Hint(
                f"{letter}: compare the md5 of data.csv in {letter}/colleague with that of the team.",
                f"{letter}: when the remote is mended, delete the folder {letter}/colleague, clone "
                "it anew, and dvc pull there.",
            )
            for letter in CAUSES
        },
        **{
            f"by_hand_{letter}": Hint(
                f"{letter}: this table did not come through DVC, and a copy helps once. Delete it "
                f"in {letter}/colleague, and see what dvc pull says.",
                f"{letter}: {mend} When that is done, delete the copy and run dvc pull in "
                f"{letter}/colleague.",
            )
            for letter, mend in MENDS.items()
        },
    },
)
def colleagues_served(evidence: Evidence) -> Verdict:
    """Each colleague has the table, through DVC."""
    found = clones(evidence)
    if len(found) < len(CAUSES):
        return no_repository(f"{BROKEN}/a, b and c")
    lacking = {letter: hint for letter, one in found.items() if (hint := _lacks(letter, one))}
    summary = f"{len(found) - len(lacking)} of the 3 colleagues have the table through DVC"
    if not lacking:
        return passed(f"{summary}.")
    share = 1 - len(lacking) / len(found)
    hint = next(iter(lacking.values()))
    return partly(share, f"{summary}; still without: {', '.join(lacking)}.", hint)


def _lacks(letter: str, clone: Repository) -> str | None:
    """Which hint says what a clone lacks; None for nothing."""
    here = clone.files.get(TABLE)
    if here == FIRST and FIRST in clone.cache.intact:
        return None
    hint = _damage(clone) if letter == "c" else None
    looked = here is not None or FIRST in clone.cache.damaged
    if hint and (looked or hint != "damaged_c"):
        return hint
    if here is None:
        return f"not_mended_{letter}"
    return f"by_hand_{letter}" if here == FIRST else f"wrong_rows_{letter}"


def _damage(clone: Repository) -> str | None:
    """How far c is from mended, its store first, then the clone's cache; None for mended."""
    store = f"{BROKEN}/c/store"
    if any(FIRST in one.damaged for one in clone.stores.values() if one.folder == store):
        return "damaged_c"
    if not holds(clone, store, FIRST):
        return "emptied_c"
    return "cached_c" if FIRST in clone.cache.damaged else None
