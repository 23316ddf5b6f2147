"""Exercise 2.6: three models loaded by version, stage and alias."""

from collections.abc import Mapping

from labkit.checks import Hint, Verdict, check, failed, passed
from labkit.evidence import Evidence, ModelVersion

from .common import LOAD, NO_MODEL, close, f1_of, no_model, number

NOT_DECLARED = {
    "not_declared": Hint(
        "Nothing was declared under this name yet.",
        'labkit.declare("2.6", by_version=..., by_stage=..., by_alias=..., '
        "production_version=..., disagreements=...), all in one call: a second call replaces "
        "the first.",
    ),
}
OTHER = {
    "other_version": Hint(
        "This is the F1 of another version. Which address did you load?",
        "The addresses are models:/lab02-load/3, models:/lab02-load/Production and "
        "models:/lab02-load@champion.",
    ),
    "not_f1": Hint(
        "None of the three versions has this F1. Which score is it, and on which rows?",
        "f1_score(y_test, model.predict(X_test)), not the accuracy and not on training rows.",
    ),
}


def roles(evidence: Evidence) -> Mapping[str, ModelVersion]:
    """Which version each way of loading finds; those that find none are left out."""
    versions = evidence.versions_of(LOAD)
    third = [versions[3]] if 3 in versions else []
    serving = [one for one in versions.values() if one.stage == "Production"]
    champions = [one for one in versions.values() if "champion" in one.aliases]
    found = {"by_version": third, "by_stage": serving, "by_alias": champions}
    return {how: ones[-1] for how, ones in found.items() if ones}


def judge(evidence: Evidence, how: str) -> Verdict:
    """Whether the F1 declared for one way of loading is that of the version it finds."""
    found = roles(evidence)
    if how not in found:
        return no_model(LOAD)
    said = number(evidence.declared.get(how))
    if said is None:
        return failed(f"{how} is not declared as a number.", "not_declared")
    if close(said, f1_of(evidence, found[how])):
        return passed(f"{how} is the F1 of version {found[how].version}.", declared=said)
    versions = evidence.versions_of(LOAD).values()
    others = [one.version for one in versions if close(said, f1_of(evidence, one))]
    if others:
        return failed(f"{how} is the F1 of version {others[0]}.", "other_version", declared=said)
    return failed(f"{how} is {said:.4f}, the F1 of no version.", "not_f1", declared=said)


@check("2.6", points=1, hints={**NO_MODEL, **NOT_DECLARED, **OTHER})
def loaded_by_version(evidence: Evidence) -> Verdict:
    """by_version is the F1 of version 3."""
    return judge(evidence, "by_version")


@check("2.6", points=1, hints={**NO_MODEL, **NOT_DECLARED, **OTHER})
def loaded_by_stage(evidence: Evidence) -> Verdict:
    """by_stage is the F1 of the version in production."""
    return judge(evidence, "by_stage")


@check("2.6", points=1, hints={**NO_MODEL, **NOT_DECLARED, **OTHER})
def loaded_by_alias(evidence: Evidence) -> Verdict:
    """by_alias is the F1 of the champion."""
    return judge(evidence, "by_alias")


@check(
    "2.6",
    points=1,
    hints={
        **NO_MODEL,
        **NOT_DECLARED,
        "not_a_number": Hint(
            "production_version is not the number of a version.",
            'client.get_latest_versions("lab02-load", stages=["Production"])[0].version',
        ),
        "newest_declared": Hint(
            "This is the newest version. Is the newest always the one that serves?",
            'Ask for the stage: client.get_latest_versions("lab02-load", stages=["Production"]).',
        ),
        "not_serving": Hint(
            "This version is not in production. Can the registry be asked for the one that is?",
            'client.get_latest_versions("lab02-load", stages=["Production"])[0].version',
        ),
    },
)
def production_found(evidence: Evidence) -> Verdict:
    """production_version is the number of the version in production."""
    found, said = roles(evidence), evidence.declared.get("production_version")
    if "by_stage" not in found:
        return no_model(LOAD)
    if said is None:
        return failed("production_version is not declared.", "not_declared")
    value = number(said)
    if value is None:
        return failed(f"production_version is {said!r}.", "not_a_number")
    if value == found["by_stage"].version:
        return passed(f"Version {value:g} is in production.")
    hint = "newest_declared" if value == max(evidence.versions_of(LOAD)) else "not_serving"
    return failed(f"Version {value:g} is not in production.", hint)
