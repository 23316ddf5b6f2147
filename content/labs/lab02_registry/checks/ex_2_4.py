"""Exercise 2.4: a validated version in production, the old one archived."""

from labkit.checks import Hint, Verdict, check, failed, passed
from labkit.evidence import Evidence

from .common import CHURN, NO_MODEL, no_model, number


@check(
    "2.4",
    points=2,
    hints={
        **NO_MODEL,
        "still_staging": Hint(
            "Version 2 waits in staging. Which stage is for the version that serves?",
            'client.transition_model_version_stage("lab02-churn", 2, "Production", '
            "archive_existing_versions=True)",
        ),
        "archived_the_new": Hint(
            "Which of the two shall serve from now on, and which has served?",
            "Version 2 belongs into Production and version 1 into Archived.",
        ),
        "not_promoted": Hint(
            "Version 2 is validated. Which stage is for the version that serves?",
            'client.transition_model_version_stage("lab02-churn", 2, "Production", '
            "archive_existing_versions=True)",
        ),
    },
)
def promoted(evidence: Evidence) -> Verdict:
    """Version 2 is in the stage Production."""
    versions = evidence.versions_of(CHURN)
    if 2 not in versions:
        return no_model(CHURN)
    stage = versions[2].stage
    if stage == "Production":
        return passed("Version 2 is in production.")
    hints = {"Staging": "still_staging", "Archived": "archived_the_new"}
    return failed(f"Version 2 is in the stage {stage}.", hints.get(stage, "not_promoted"))


@check(
    "2.4",
    points=1,
    hints={
        "two_in_production": Hint(
            "Two versions are in production at once. Which of them serves?",
            "Pass archive_existing_versions=True, or move version 1 to Archived yourself.",
        ),
        "not_archived": Hint(
            "Version 1 has left production. Which stage is for what has served?",
            'client.transition_model_version_stage("lab02-churn", 1, "Archived")',
        ),
        "deleted": Hint(
            "Version 1 is gone. What would you roll back to?",
            "Start exercise 2.3 over, and archive version 1 in place of deleting it.",
        ),
    },
)
def old_one_archived(evidence: Evidence) -> Verdict:
    """Version 1 is in the stage Archived."""
    versions = evidence.versions_of(CHURN)
    if 2 not in versions:
        return failed("There is no version 2 to take the place of version 1.")
    if 1 not in versions:
        return failed("Version 1 was deleted.", "deleted")
    old, new = versions[1].stage, versions[2].stage
    if old == "Archived":
        return passed("Version 1 is archived.")
    if new == "Production" and old == "Production":
        return failed("Versions 1 and 2 are both in production.", "two_in_production")
    return failed(
        f"Version 1 is in the stage {old}.", "not_archived" if old != "Production" else None
    )


@check(
    "2.4",
    points=1,
    hints={
        "validation_elsewhere": Hint(
            "validation_f1 is written down, but not on version 2.",
            'client.set_model_version_tag("lab02-churn", 2, "validation_f1", ...)',
        ),
        "no_validation": Hint(
            "Who looks at version 2 later: where would they read that it was validated?",
            'client.set_model_version_tag("lab02-churn", 2, "validation_f1", ...)',
        ),
        "not_an_f1": Hint(
            "An F1 is a number from 0 to 1. What else did you write into the tag?",
            "Write the bare number, without a per cent sign or words.",
        ),
    },
)
def validation_noted(evidence: Evidence) -> Verdict:
    """Version 2 has the tag validation_f1, a number from 0 to 1."""
    versions = evidence.versions_of(CHURN)
    tag = versions[2].tags.get("validation_f1") if 2 in versions else None
    if tag is None:
        others = [one.tags for one in versions.values()]
        others += [one.tags for one in evidence.registered if one.name == CHURN]
        others += [one.tags for one in evidence.runs]
        found = any("validation_f1" in tags for tags in others)
        return failed(
            "Version 2 has no tag validation_f1.",
            "validation_elsewhere" if found else "no_validation",
        )
    value = number(tag)
    if value is None or not 0 <= value <= 1:  # false for NaN too
        return failed(f"validation_f1 is {tag!r}.", "not_an_f1")
    return passed(f"Version 2 says that it was validated, with an F1 of {value:.3f}.", said=tag)
