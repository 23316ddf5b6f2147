"""Exercise 2.5: a promotion with aliases."""

from labkit.checks import Hint, Verdict, check, failed, passed
from labkit.evidence import Evidence

from .common import ALIASES, NO_MODEL, no_model


def holders(evidence: Evidence) -> dict[str, int]:
    """Which version of lab02-aliases each alias names."""
    return {
        alias: number
        for number, version in evidence.versions_of(ALIASES).items()
        for alias in version.aliases
    }


@check(
    "2.5",
    points=2,
    hints={
        **NO_MODEL,
        "capital_letter": Hint(
            "There is an alias that differs from champion by its capital letters only.",
            "Whoever loads @champion does not find @Champion: write it in small letters.",
        ),
        "tag_for_alias": Hint(
            "A tag called champion is not an alias: nothing can be loaded by it.",
            'client.set_registered_model_alias("lab02-aliases", "champion", 2)',
        ),
        "champion_gone": Hint(
            "No version is the champion now: whoever loads it fails.",
            'client.set_registered_model_alias("lab02-aliases", "champion", 2) moves the alias; '
            "it need not be deleted first.",
        ),
        "champion_stayed": Hint(
            "An alias moves when it is set again, on another version.",
            'client.set_registered_model_alias("lab02-aliases", "champion", 2)',
        ),
    },
)
def champion_moved(evidence: Evidence) -> Verdict:
    """The alias champion names version 2."""
    versions, named = evidence.versions_of(ALIASES), holders(evidence)
    if not {1, 2} <= versions.keys():
        return no_model(ALIASES)
    if named.get("champion") == 2:
        return passed("champion names version 2.")
    held = named.get("champion")
    said = f"champion names version {held}." if held else "No version has the alias champion."
    if any(alias != "champion" and alias.lower() == "champion" for alias in named):
        return failed(said, "capital_letter", **named)
    if "champion" in {*versions[2].tags, *versions[2].tags.values()}:
        return failed(said, "tag_for_alias", tags=dict(versions[2].tags))
    return failed(said, "champion_stayed" if "champion" in named else "champion_gone", **named)


@check(
    "2.5",
    points=1,
    hints={
        "previous_after_move": Hint(
            "previous names the new champion: there is no way back.",
            "Was it asked for after champion had moved? Give previous to version 1.",
        ),
        "no_previous": Hint(
            "After a move nothing remembers the champion of before, unless an alias of its own does.",
            'client.set_registered_model_alias("lab02-aliases", "previous", 1)',
        ),
    },
)
def previous_kept(evidence: Evidence) -> Verdict:
    """The alias previous names version 1."""
    holder = holders(evidence).get("previous")
    if holder == 1:
        return passed("previous names version 1.")
    if holder == 2:
        return failed("previous names version 2.", "previous_after_move")
    return failed("There is no alias previous.", "no_previous")


@check(
    "2.5",
    points=1,
    hints={
        "challenger_left": Hint(
            "The challenger has won: the alias it had is to be taken away, which is a call of its own.",
            'client.delete_registered_model_alias("lab02-aliases", "challenger")',
        ),
    },
)
def challenger_gone(evidence: Evidence) -> Verdict:
    """Nothing has the alias challenger any more."""
    versions = evidence.versions_of(ALIASES)
    if not {1, 2} <= versions.keys():
        return failed("The two versions are not there.")
    if "challenger" in holders(evidence):
        return failed("There still is an alias challenger.", "challenger_left")
    return passed("Nothing is called challenger any more.")
