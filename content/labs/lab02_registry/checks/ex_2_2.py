"""Exercise 2.2: a description and tags on a version."""

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence, ModelVersion, RegisteredModel

from .common import DESCRIBED, NO_MODEL, no_model

TAGS = {"dataset": "churn", "algorithm": "random-forest"}


def described(evidence: Evidence) -> ModelVersion | None:
    """Version 2 of lab02-described."""
    return evidence.versions_of(DESCRIBED).get(2)


def whole_model(evidence: Evidence) -> RegisteredModel | None:
    """What is written on lab02-described itself."""
    return next((one for one in evidence.registered if one.name == DESCRIBED), None)


@check(
    "2.2",
    points=2,
    hints={
        **NO_MODEL,
        "described_the_model": Hint(
            "You described the registered model, that is all its versions at once.",
            'client.update_model_version("lab02-described", 2, description=...)',
        ),
        "described_version_1": Hint(
            "Which number did you give `update_model_version`? Versions count from 1.",
            "Give update_model_version the version 2.",
        ),
        "no_description": Hint(
            "A description belongs to one version: which method of the client changes a version?",
            'client.update_model_version("lab02-described", 2, description=...)',
        ),
        "no_table": Hint(
            "Whoever reads it should learn which table the model was trained on.",
            "Name churn and the F1 of the version's run, both in the description.",
        ),
    },
)
def description_written(evidence: Evidence) -> Verdict:
    """Version 2 has a description that names the table and some F1."""
    version, model = described(evidence), whole_model(evidence)
    if version is None or model is None:
        return no_model(DESCRIBED)
    if not version.description.strip():
        if model.description.strip():
            return failed("The description is on the registered model.", "described_the_model")
        if evidence.versions_of(DESCRIBED)[1].description.strip():
            return failed("Version 1 has a description, not version 2.", "described_version_1")
        return failed("Version 2 has no description.", "no_description")
    if "churn" not in version.description.lower():
        return partly(0.5, "The description of version 2 does not name the table.", "no_table")
    return passed("Version 2 has a description that names its table.", said=version.description)


@check(
    "2.2",
    points=2,
    hints={
        **NO_MODEL,
        "tagged_the_model": Hint(
            "You tagged the registered model. Which method takes a version's number, too?",
            'client.set_model_version_tag("lab02-described", 2, "dataset", "churn"), not '
            "set_registered_model_tag.",
        ),
        "tagged_the_run": Hint(
            "The tags are on a run. A run and a version have tags of their own.",
            'client.set_model_version_tag("lab02-described", 2, "dataset", "churn")',
        ),
        "tag_value": Hint(
            "Compare the values with those in the task: searches find tags letter by letter.",
            "dataset is churn, algorithm is random-forest, letter by letter.",
        ),
        "tag_missing": Hint(
            "Each tag is set by a call of its own. Did both calls name version 2?",
            'client.set_model_version_tag("lab02-described", 2, "algorithm", "random-forest")',
        ),
    },
)
def tags_set(evidence: Evidence) -> Verdict:
    """Version 2 has both tags with the values the task names."""
    version, model = described(evidence), whole_model(evidence)
    if version is None or model is None:
        return no_model(DESCRIBED)
    right = [key for key, value in TAGS.items() if version.tags.get(key) == value]
    if len(right) == len(TAGS):
        return passed("Version 2 has both tags.", **TAGS)
    wrong = {key: version.tags.get(key) for key in TAGS if key not in right}
    found = [f"{key} is {value or 'missing'}" for key, value in wrong.items()]
    said = f"Of the tags of version 2, {' and '.join(found)}."
    if version.tags.keys() >= TAGS.keys():
        hint = "tag_value"
    elif TAGS.keys() & model.tags.keys():
        hint = "tagged_the_model"
    else:
        on_a_run = any(TAGS.keys() <= run.tags.keys() for run in evidence.runs)
        hint = "tagged_the_run" if on_a_run else "tag_missing"
    return partly(len(right) / len(TAGS), said, hint, tags=dict(version.tags))
