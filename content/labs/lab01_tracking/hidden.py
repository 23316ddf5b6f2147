"""The hidden checks of lab 1: they run only when submissions are graded."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.model_selection import train_test_split

from labkit.checks import Hint, Verdict, check, failed, passed, probe
from labkit.evidence import Dataset, Evidence, Model

from .checks.common import usable
from .checks.ex_1_1 import first_run
from .checks.ex_1_2 import FEATURES, signed_model
from .checks.ex_1_3 import sweep_runs
from .checks.ex_1_4 import traceable_run

#: A forest of the task's depth reaches about .8 on the test rows; guessing, about .65.
BETTER_THAN_GUESSING = 0.7
#: Logged and recomputed accuracy agree to rounding; two decimals are a fair way to log it.
CLOSE = 0.006
TRAINING_ROWS = 3_500


@cache
def split(data: Path) -> tuple[dict[str, list[Any]], list[int]]:
    """The test rows of the lab, and whether each customer left."""
    churn = pd.read_csv(data / "churn.csv")
    _, rows, _, labels = train_test_split(
        churn[list(FEATURES)].astype(float),
        churn["churned"],
        test_size=0.3,
        random_state=7,
        stratify=churn["churned"],
    )
    return rows.to_dict("list"), labels.to_list()


@probe("1.1", rows=split)
def tracked_model(evidence: Evidence) -> Model | None:
    """The newest usable model of the run of exercise 1.1."""
    run = first_run(evidence)
    models = [model for model in evidence.models_of(run) if usable(model)] if run else []
    return models[0] if models else None


@probe("1.2", rows=split)
def described_model(evidence: Evidence) -> Model | None:
    """The model of exercise 1.2."""
    return signed_model(evidence)


def reached(evidence: Evidence, model: Model) -> float | str:
    """The accuracy a model reaches on the test rows, or why it could not be asked."""
    asked = evidence.predictions.get(model.model_id, {"error": "it was not asked"})
    if "error" in asked:
        return str(asked["error"])
    pairs = list(zip(asked["predicted"], asked["truth"], strict=True))
    return sum(predicted == truth for predicted, truth in pairs) / len(pairs)


@check(
    "1.1",
    points=1,
    hidden=True,
    hints={
        "training_accuracy": Hint(
            "The accuracy logged is not the one this model reaches on the test rows.",
            "It was probably measured on the rows the model was trained on, or on another model: "
            "log forest.score(X_test, y_test) of the very forest you log.",
        ),
        "model_silent": Hint(
            "The logged model could not be loaded and asked.",
            'Log it with mlflow.sklearn.log_model(forest, name="model", '
            "skops_trusted_types=TRUSTED) and load it back once yourself.",
        ),
    },
)
def model_reaches_accuracy(evidence: Evidence) -> Verdict:
    """The logged model, asked again, reaches the accuracy that was logged."""
    run, model = first_run(evidence), tracked_model.choose(evidence)
    if run is None or model is None or "accuracy" not in run.metrics:
        return failed("There is no model with an accuracy to compare.")
    found, said = reached(evidence, model), run.metrics["accuracy"]
    if isinstance(found, str):
        return failed(f"The model does not answer: {found}.", "model_silent")
    if abs(found - said) <= CLOSE:
        return passed("The logged model reaches the accuracy that was logged.", found=found)
    return failed(
        f"The run says accuracy {said:.3f}; its model reaches {found:.3f} on the test rows.",
        "training_accuracy",
        said=said,
        found=found,
    )


@check(
    "1.2",
    points=1,
    hidden=True,
    hints={
        "not_a_label": Hint(
            "Asked for test rows, the model does not answer with useful labels.",
            "Log the forest itself, trained on X_train as it is, and load it back with "
            "mlflow.pyfunc.load_model to try it on X_test.",
        ),
    },
)
def model_answers(evidence: Evidence) -> Verdict:
    """The model, loaded as a plain Python function, labels rows it has never seen."""
    model = signed_model(evidence)
    if model is None:
        return failed("There is no model to ask.")
    found = reached(evidence, model)
    if isinstance(found, str):
        return failed(f"The model does not answer: {found}.", "not_a_label")
    if found >= BETTER_THAN_GUESSING:
        return passed(f"The model labels {found:.1%} of the test rows rightly.", found=found)
    return failed(f"Only {found:.1%} of the labels are right.", "not_a_label", found=found)


@check(
    "1.3",
    points=1,
    hidden=True,
    hints={
        "same_forest": Hint(
            "Different depths cannot all give the same score.",
            "The forest was probably trained once, before the loop: train(max_depth) belongs "
            "inside it.",
        ),
    },
)
def scores_differ(evidence: Evidence) -> Verdict:
    """The five scores come from five different forests."""
    newest = [runs[0].metrics.get("f1") for runs in sweep_runs(evidence).values() if runs]
    scores = {score for score in newest if score is not None and 0 < score <= 1}
    if len(scores) >= 4:  # two depths may tie by chance
        return passed("The scores of the sweep differ, as those of different forests do.")
    if len(newest) > 1 and len(scores) == 1:
        return failed("All runs of the sweep have the same f1.", "same_forest")
    return failed(f"The sweep has {len(scores)} different scores.")


@check(
    "1.4",
    points=1,
    hidden=True,
    hints={
        "sample_only": Hint(
            "The dataset logged is only a part of the training table.",
            "Make it from the 3,500 training rows (or all 5,000), not from head() or the test rows.",
        ),
    },
)
def dataset_is_whole(evidence: Evidence) -> Verdict:
    """The dataset logged has at least as many rows as the training table."""
    run = traceable_run(evidence)
    named = [dataset for dataset in run.datasets if dataset.name == "churn"] if run else []
    if not named:
        return failed("There is no dataset churn.")
    rows = max(rows_of(dataset) for dataset in named)
    if rows >= TRAINING_ROWS:
        return passed(f"The dataset has {rows:,.0f} rows.", rows=rows)
    return failed(f"The dataset has {rows:,.0f} rows; the training table has 3,500.", "sample_only")


def rows_of(dataset: Dataset) -> float:
    """The number of rows in a dataset's profile; 0 where it has none."""
    try:
        profile = json.loads(dataset.profile)
    except ValueError:
        return 0
    rows = profile.get("num_rows") if isinstance(profile, dict) else 0
    return rows if isinstance(rows, (int, float)) else 0
