"""Exercise 3.6: three broken remotes, their causes found and mended."""

from collections.abc import Mapping

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence, Repository

from .common import FIRST, NO_REPOSITORY, PRACTICE, TABLE, no_repository

BROKEN = f"{PRACTICE}/broken"
CAUSES = {"a": "not pushed", "b": "wrong address", "c": "damaged"}
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
            "No cause was declared yet.",
            'labkit.declare("3.6", a="...", b="...", c="..."), all in one call.',
        ),
        "unknown": Hint(
            "A cause is missing, or is none of the five in the task.",
            'Write it as the task does, for instance "not pushed".',
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
    said = {letter: str(evidence.declared.get(letter)).strip().lower() for letter in CAUSES}
    good = [letter for letter in CAUSES if said[letter] == CAUSES[letter]]
    summary = f"{len(good)} of the 3 causes are right."
    if len(good) == len(CAUSES):
        return passed(summary)
    unknown = any(one not in WORDS for one in said.values())
    first_wrong = next(letter for letter in CAUSES if letter not in good)
    hint = "unknown" if unknown else f"wrong_{first_wrong}"
    return partly(len(good) / len(CAUSES), summary, hint, **said)


@check(
    "3.6",
    points=3,
    hints={
        **NO_REPOSITORY,
        "not_mended_a": Hint(
            "a: who still has the bytes that the store lacks?",
            "The team has its bytes: dvc push in a/team, then dvc pull in a/colleague.",
        ),
        "not_mended_b": Hint(
            "b: where do the settings lead, and how does the colleague get better ones?",
            "dvc remote modify store url ../store, commit it, and bring it to the colleague; then "
            "dvc pull.",
        ),
        "not_mended_c": Hint(
            "c: DVC finds a file under the right name. It has to go before the right one can come.",
            "Delete the damaged file from the store, dvc push in c/team, dvc pull in c/colleague.",
        ),
        "wrong_rows": Hint(
            "Compare the md5 of each colleague's data.csv with the one in its pointer.",
            "They are in the clone's cache, too. When the store is mended, delete the folder "
            "colleague, clone it anew, and pull.",
        ),
        "by_hand": Hint(
            "A copy helps once. Delete it, and see what dvc pull says.",
            "Mend the remote first; then dvc pull brings the table, today and tomorrow.",
        ),
    },
)
def colleagues_served(evidence: Evidence) -> Verdict:
    """Each colleague has the table, through DVC."""
    found = clones(evidence)
    if len(found) < len(CAUSES):
        return no_repository(f"{BROKEN}/a, b and c")
    wrong = {letter: _lacks(letter, one) for letter, one in found.items()}
    hints = [hint for hint in wrong.values() if hint]
    summary = f"{len(wrong) - len(hints)} of the 3 colleagues have the table through DVC."
    if not hints:
        return passed(summary)
    return partly(1 - len(hints) / len(wrong), summary, hints[0])


def _lacks(letter: str, clone: Repository) -> str | None:
    """Which hint says what a clone lacks; None for nothing."""
    here = clone.files.get(TABLE)
    if here is None:
        return f"not_mended_{letter}"
    if here != FIRST:
        return "wrong_rows"
    return None if FIRST in clone.cache.intact else "by_hand"
