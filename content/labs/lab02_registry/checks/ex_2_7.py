"""Exercise 2.7: versions compared, and the better of the old ones restored."""

from labkit.checks import Hint, Verdict, check, failed, passed
from labkit.evidence import Evidence

from .common import NO_MODEL, ROLLBACK, f1_of, no_model, number

OLD, BAD = (1, 2), 3


def better(evidence: Evidence) -> int | None:
    """Which of the two old versions has the higher F1; None where one is gone."""
    versions = evidence.versions_of(ROLLBACK)
    scores = {one: f1_of(evidence, versions[one]) for one in OLD if one in versions}
    known = {one: score for one, score in scores.items() if score is not None}
    return max(known, key=lambda one: known[one]) if len(known) == len(OLD) else None


@check(
    "2.7",
    points=2,
    hints={
        **NO_MODEL,
        "one_before": Hint(
            "You went back by one number. Is the version before always the better one?",
            "Compare the f1 that the runs of versions 1 and 2 logged: "
            "client.get_run(version.run_id).data.metrics.",
        ),
        "alias_only": Hint(
            "An alias was set, but version 3 is in the stage Production as before.",
            'client.transition_model_version_stage("lab02-rollback", ..., "Production")',
        ),
        "registered_anew": Hint(
            "The good model was registered once more, as a new version.",
            "It has a version already: move that one back to Production.",
        ),
        "not_restored": Hint(
            "Which of the two old versions was the better one? It shall serve again.",
            "Compare the f1 of their runs, and move the better one to Production.",
        ),
    },
)
def restored(evidence: Evidence) -> Verdict:
    """The better of the two old versions is in production."""
    versions, best = evidence.versions_of(ROLLBACK), better(evidence)
    if best is None:
        return no_model(ROLLBACK)
    serving = {number for number, one in versions.items() if one.stage == "Production"}
    if best in serving:
        return passed(f"Version {best} is in production again.")
    said = f"In production: {', '.join(map(str, sorted(serving))) or 'nothing'}."
    if serving & set(OLD):
        return failed(said, "one_before")
    if max(versions) > BAD:
        return failed(said, "registered_anew")
    return failed(said, "alias_only" if versions[best].aliases else "not_restored")


@check(
    "2.7",
    points=1,
    hints={
        "still_serving": Hint(
            "Moving an old version to Production takes nothing away from the one that is there.",
            'client.transition_model_version_stage("lab02-rollback", 3, "Archived")',
        ),
        "deleted": Hint(
            "Version 3 is gone, and with it what could explain the complaints.",
            "Archive it: nothing loads an archived version by stage, and anybody can look at it.",
        ),
        "other_stage": Hint(
            "None is the stage of a version nobody has tried; one that was retired has its own.",
            'client.transition_model_version_stage("lab02-rollback", 3, "Archived")',
        ),
    },
)
def bad_one_archived(evidence: Evidence) -> Verdict:
    """Version 3 is archived."""
    versions = evidence.versions_of(ROLLBACK)
    if not versions:
        return failed("The model is not there.")
    if BAD not in versions:
        return failed("Version 3 was deleted.", "deleted")
    stage = versions[BAD].stage
    if stage == "Archived":
        return passed("Version 3 is archived.")
    hint = "still_serving" if stage == "Production" else "other_stage"
    return failed(f"Version 3 is in the stage {stage}.", hint)


@check(
    "2.7",
    points=1,
    hints={
        **NO_MODEL,
        "not_declared": Hint(
            "The check cannot know which version you meant to restore: `labkit.declare` tells it.",
            'labkit.declare("2.7", restored_version=...)',
        ),
        "not_a_number": Hint(
            "restored_version is not the number of a version.",
            "Declare 1, 2 or 3, as the registry has it, not an address or the id of a run.",
        ),
        "declared_other": Hint(
            "Print the f1 of both old versions beside their numbers, and look again.",
            "Compare the f1 of the runs of versions 1 and 2 as numbers; the higher one wins.",
        ),
    },
)
def restored_declared(evidence: Evidence) -> Verdict:
    """restored_version is the number of the better old version."""
    said, best = evidence.declared.get("restored_version"), better(evidence)
    if said is None:
        return failed("restored_version is not declared.", "not_declared")
    value = number(said)
    if value is None:
        return failed(f"restored_version is {said!r}.", "not_a_number")
    if best is None:
        return no_model(ROLLBACK)
    if value == best:
        return passed(f"Version {best} is the better one.")
    return failed(f"Version {value:g} is not the better one.", "declared_other")
