"""Exercise 2.3: a version in staging, while the old one serves."""

from labkit.checks import Hint, Verdict, check, failed, passed
from labkit.evidence import Evidence

from .common import CHURN, NO_MODEL, no_model


@check(
    "2.3",
    points=3,
    hints={
        **NO_MODEL,
        "skipped_staging": Hint(
            "Version 2 is in production already. Who has validated it?",
            "Move it to Staging, check, and promote it in the next exercise. Never skip staging.",
        ),
        "alias_for_stage": Hint(
            "An alias called staging is not the stage Staging.",
            'client.transition_model_version_stage("lab02-churn", 2, "Staging")',
        ),
        "tag_for_stage": Hint(
            "A tag called stage says nothing to MLflow: the version's stage is still None.",
            'client.transition_model_version_stage("lab02-churn", 2, "Staging")',
        ),
        "other_version": Hint(
            "A version is in staging, but which number did you give?",
            "The second argument of transition_model_version_stage is the version: 2.",
        ),
        "not_staged": Hint(
            "Which method of the client moves a version into a stage?",
            'client.transition_model_version_stage("lab02-churn", 2, "Staging")',
        ),
    },
)
def in_staging(evidence: Evidence) -> Verdict:
    """Version 2 is in the stage Staging."""
    versions = evidence.versions_of(CHURN)
    if not {1, 2} <= versions.keys():
        return no_model(CHURN)
    new = versions[2]
    if new.stage == "Staging":
        return passed("Version 2 is in staging.")
    said = f"Version 2 is in the stage {new.stage}."
    if new.stage == "Production":
        return failed(said, "skipped_staging")
    if any(one.stage == "Staging" for one in versions.values()):
        return failed(said, "other_version")
    if any(alias.lower() == "staging" for alias in new.aliases):
        return failed(said, "alias_for_stage", aliases=list(new.aliases))
    hint = "tag_for_stage" if "staging" in map(str.lower, new.tags.values()) else "not_staged"
    return failed(said, hint, tags=dict(new.tags))


@check(
    "2.3",
    points=1,
    hints={
        **NO_MODEL,
        "stopped_serving": Hint(
            "Version 1 no longer serves, although version 2 is not validated yet.",
            'Bring it back with client.transition_model_version_stage("lab02-churn", 1, '
            '"Production"): only a promotion replaces it.',
        ),
    },
)
def old_one_serves(evidence: Evidence) -> Verdict:
    """Version 1 is still in production after version 2 was staged."""
    versions = evidence.versions_of(CHURN)
    if not {1, 2} <= versions.keys():
        return no_model(CHURN)
    if (versions[1].stage, versions[2].stage) == ("Production", "None"):
        return failed("Nothing was staged yet, so nothing can be said of version 1.")
    if versions[1].stage == "Production":
        return passed("Version 1 is still in production.")
    return failed(f"Version 1 is in the stage {versions[1].stage}.", "stopped_serving")
