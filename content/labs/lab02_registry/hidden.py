"""The hidden checks of lab 2: they run only when submissions are graded."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.model_selection import train_test_split

from labkit.checks import Hint, Verdict, check, failed, passed, probe
from labkit.evidence import Evidence, Model, ModelVersion

from .checks.common import ALIASES, CHURN, FIRST, ROLLBACK, close, f1_of, number
from .checks.ex_2_2 import described
from .checks.ex_2_6 import roles

FEATURES = ["age", "income", "tenure_months", "monthly_fee", "support_calls", "late_payments"]


@cache
def split(data: Path) -> tuple[dict[str, list[Any]], list[int]]:
    """The test rows of the lab, and whether each customer left."""
    churn = pd.read_csv(data / "churn.csv")
    _, rows, _, labels = train_test_split(
        churn[FEATURES].astype(float),
        churn["churned"],
        test_size=0.3,
        random_state=7,
        stratify=churn["churned"],
    )
    return rows.to_dict("list"), labels.to_list()


def model_of(evidence: Evidence, version: ModelVersion | None) -> Model | None:
    """The logged model a version was made from; None where it was made from something else."""
    wanted = version.source.removeprefix("models:/") if version else None
    return next((one for one in evidence.models if one.model_id == wanted), None)


@probe("2.6", rows=split)
def third_version(evidence: Evidence) -> Model | None:
    """The model of version 3 of exercise 2.6."""
    return model_of(evidence, roles(evidence).get("by_version"))


@probe("2.6", rows=split)
def champion(evidence: Evidence) -> Model | None:
    """The model of the champion of exercise 2.6."""
    return model_of(evidence, roles(evidence).get("by_alias"))


@check(
    "2.1",
    points=1,
    hidden=True,
    hints={
        "same_model": Hint(
            "All versions hold one and the same model.",
            "Register two: the forest of depth 6 while it is logged, forests[0] afterwards.",
        ),
    },
)
def two_complete_models(evidence: Evidence) -> Verdict:
    """The versions hold two complete models, each of the run that made it."""
    versions = evidence.versions_of(FIRST).values()
    models = [model_of(evidence, one) for one in versions]
    kept = {
        model.model_id
        for model, version in zip(models, versions, strict=True)
        if model and model.status == "READY" and model.flavors and model.run_id == version.run_id
    }
    if len(kept) > 1:
        return passed(f"The versions hold {len(kept)} complete models.")
    if len(versions) > 1:
        return failed(f"{len(versions)} versions hold {len(kept)} complete models.", "same_model")
    return failed("There are no two versions.")


@check(
    "2.2",
    points=1,
    hidden=True,
    hints={
        "not_its_f1": Hint(
            "The description does not hold the F1 of version 2.",
            "The version's run has it: "
            'client.get_run(version.run_id).data.metrics["f1"]. Write two decimals or more.',
        ),
    },
)
def describes_its_f1(evidence: Evidence) -> Verdict:
    """The description holds the F1 that the run of version 2 logged."""
    version = described(evidence)
    f1 = f1_of(evidence, version) if version else None
    if version is None or f1 is None or not version.description.strip():
        return failed("There is no description to compare.")
    # A comma is the decimal point of half the world, and per cent are the same number.
    found = re.findall(r"\d+[.,]\d+", version.description)
    numbers = [(float(one.replace(",", ".")), len(re.split("[.,]", one)[1])) for one in found]
    if any(written_as(f1, value, places) for value, places in numbers):
        return passed(f"The description holds the F1, {f1:.3f}.")
    return failed(f"The F1 of version 2 is {f1:.3f}; the description holds {found}.", "not_its_f1")


def written_as(f1: float, value: float, places: int) -> bool:
    """Whether a number with so many decimals is this F1, as a share or in per cent."""
    if value > 1:
        value, places = value / 100, places + 2
    # Half a unit of the last decimal is rounding; a whole one is cutting off.
    return places >= 2 and abs(f1 - value) <= 10.0**-places


@check(
    "2.3",
    points=1,
    hidden=True,
    hints={
        "not_two_versions": Hint(
            "There are not the two versions any more that there were.",
            "Staging moves a version; it neither registers nor deletes one.",
        ),
    },
)
def nothing_else_changed(evidence: Evidence) -> Verdict:
    """There are still the two versions, and something was done with them."""
    versions = evidence.versions_of(CHURN)
    if sorted(versions) != [1, 2]:
        return failed(f"The versions are {sorted(versions)}.", "not_two_versions")
    if versions[2].stage == "None":
        return failed("Version 2 has no stage yet.")
    return passed("There are still the two versions.")


@check(
    "2.4",
    points=1,
    hidden=True,
    hints={
        "not_measured": Hint(
            "validation_f1 is not what version 2 reaches on the test rows.",
            "Compute it: f1_score(y_test, model.predict(X_test)) with the model of version 2, "
            "and write at least three decimals.",
        ),
    },
)
def validation_true(evidence: Evidence) -> Verdict:
    """The tag validation_f1 is the F1 that version 2 reaches."""
    version = evidence.versions_of(CHURN).get(2)
    said = number(version.tags.get("validation_f1")) if version else None
    if version is None or said is None:
        return failed("There is no validation to compare.")
    if close(said, f1_of(evidence, version)):
        return passed("validation_f1 is what version 2 reaches.")
    return failed(f"validation_f1 {said:g} is not what version 2 reaches.", "not_measured")


@check(
    "2.5",
    points=1,
    hidden=True,
    hints={
        "stage_used": Hint(
            "A version has a stage, where the task asks for aliases alone.",
            "Leave stages out: whoever loads @champion looks at no stage.",
        ),
    },
)
def aliases_alone(evidence: Evidence) -> Verdict:
    """Version 2 became the champion, and no stage was used for it."""
    versions = evidence.versions_of(ALIASES)
    stages = sorted({one.stage for one in versions.values()} - {"None"})
    if stages:
        return failed(f"A version is in the stage {', '.join(stages)}.", "stage_used")
    if 2 in versions and "champion" in versions[2].aliases:
        return passed("It was done with aliases alone.")
    return failed("Version 2 is not the champion.")


@check(
    "2.6",
    points=1,
    hidden=True,
    hints={
        "other_disagreements": Hint(
            "The two models differ in another number of the test rows.",
            "Count the rows: (third.predict(X_test) != champion.predict(X_test)).sum().",
        ),
    },
)
def disagreements_counted(evidence: Evidence) -> Verdict:
    """disagreements is for how many test rows version 3 and the champion differ."""
    models = (third_version.choose(evidence), champion.choose(evidence))
    answers = [evidence.predictions.get(one.model_id, {}).get("predicted") for one in models if one]
    if len(answers) < len(models) or None in answers:
        return failed("The two models cannot be asked.")
    differ = sum(one != other for one, other in zip(*answers, strict=True))
    said = number(evidence.declared.get("disagreements"))
    if said == differ:
        return passed(f"They differ in {differ} rows.")
    return failed(f"They differ in {differ} rows, not {said}.", "other_disagreements")


@check(
    "2.7",
    points=1,
    hidden=True,
    hints={
        "versions_changed": Hint(
            "Rolling back registers nothing and deletes nothing.",
            "Start over with the cell above your answer, and move stages only.",
        ),
    },
)
def versions_all_there(evidence: Evidence) -> Verdict:
    """The three versions are all there, no new one is, and stages were moved."""
    versions = evidence.versions_of(ROLLBACK)
    if sorted(versions) != [1, 2, 3]:
        return failed(f"The versions are {sorted(versions)}.", "versions_changed")
    if [versions[one].stage for one in (1, 2)] == ["Archived", "Archived"]:
        return failed("No old version was moved.")
    return passed("The three versions are all there.")
