"""Exercise 1.1: a run with two parameters, a metric and a model."""

import re

from labkit.checks import Hint, Verdict, best_match, check, failed, partly, passed
from labkit.evidence import Evidence, Run

from .common import FIRST, NO_RUN, nothing_in, usable


def first_run(evidence: Evidence) -> Run | None:
    """The run of exercise 1.1: the newest that holds most of what it asks for."""
    return best_match(
        evidence.runs_in(FIRST),
        lambda run: {"n_estimators", "max_depth"} <= run.params.keys(),
        lambda run: "accuracy" in run.metrics,
        lambda run: bool(evidence.models_of(run)),
    )


@check(
    "1.1",
    points=1,
    hints={
        **NO_RUN,
        "param_as_metric": Hint(
            "A metric has this name. Does a setting come out of a run, or did you choose it before?",
            "n_estimators and max_depth are chosen before training: mlflow.log_param, not log_metric.",
        ),
        "param_missing": Hint(
            "Which two settings of the forest does the task name?",
            'Log both in the same run: mlflow.log_params({"n_estimators": 10, "max_depth": 12}).',
        ),
        "param_value": Hint(
            "The parameters are there; compare their values with the task.",
            "The task asks for n_estimators 10 and max_depth 12, and a log should say what was used.",
        ),
    },
)
def two_parameters(evidence: Evidence) -> Verdict:
    """The run has both parameters, with the values the task names."""
    run = first_run(evidence)
    if run is None:
        return nothing_in(evidence, FIRST, "n_estimators", "max_depth", "accuracy")
    wanted = {"n_estimators": "10", "max_depth": "12"}
    missing = [name for name in wanted if name not in run.params]
    if missing:
        hint = "param_as_metric" if set(missing) & run.metrics.keys() else "param_missing"
        return failed(
            f"The run has no parameter {' and no '.join(missing)}.", hint, params=[*run.params]
        )
    found = {name: run.params[name] for name in wanted}
    if found != wanted:
        return partly(
            0.5, f"The parameters are {found}; the task asks for {wanted}.", "param_value", **found
        )
    return passed("The run has both parameters, n_estimators 10 and max_depth 12.", **found)


@check(
    "1.1",
    points=1,
    hints={
        **NO_RUN,
        "metric_as_param": Hint(
            "Did you choose accuracy before the training, or did it come out of it?",
            'A parameter is text and is fixed; a result is a metric: mlflow.log_metric("accuracy", ...).',
        ),
        "metric_as_tag": Hint(
            "A tag is text. Could runs be sorted by what it says?",
            'Tags are text: they cannot be sorted or plotted. Use mlflow.log_metric("accuracy", ...).',
        ),
        "metric_named_otherwise": Hint(
            "There is a metric, but not under the name the task gives.",
            'Names are compared letter by letter: call it "accuracy".',
        ),
        "metric_missing": Hint(
            "The run does not say how well the model did.",
            'Inside the run: mlflow.log_metric("accuracy", forest.score(X_test, y_test)).',
        ),
        "metric_in_other_run": Hint(
            "accuracy was logged, but in another run than the parameters.",
            "Every `with mlflow.start_run():` makes a new run. Log all three things inside one.",
        ),
        "not_a_share": Hint(
            "Accuracy is a share of the test rows, so which values can it take?",
            "Log it as a number from 0 to 1, not in per cent and not as NaN.",
        ),
    },
)
def accuracy_metric(evidence: Evidence) -> Verdict:
    """The run has the metric accuracy, a number from 0 to 1."""
    run = first_run(evidence)
    if run is None:
        return nothing_in(evidence, FIRST, "n_estimators", "max_depth", "accuracy")
    if "accuracy" in run.metrics:
        value = run.metrics["accuracy"]
        if not 0 <= value <= 1:  # false for NaN too
            return failed(f"accuracy is {value:g}, which no share can be.", "not_a_share")
        return passed(f"The run has the metric accuracy, {value:.3f}.", accuracy=value)
    if "accuracy" in run.params:
        return failed("accuracy is among the parameters.", "metric_as_param")
    if "accuracy" in run.tags:
        return failed("accuracy is among the tags.", "metric_as_tag")
    if any("accuracy" in other.metrics for other in evidence.runs_in(FIRST)):
        return failed("accuracy is in another run of the experiment.", "metric_in_other_run")
    if any("acc" in name.lower() for name in run.metrics):
        return failed(f"The run's metrics are {sorted(run.metrics)}.", "metric_named_otherwise")
    return failed("The run has no metric accuracy.", "metric_missing", metrics=[*run.metrics])


@check(
    "1.1",
    points=2,
    hints={
        **NO_RUN,
        "model_as_file": Hint(
            "A file that looks like a model was logged, but MLflow does not know it is one.",
            'log_artifact stores bytes; mlflow.sklearn.log_model(forest, name="model", ...) stores a '
            "model with its flavour and requirements.",
        ),
        "model_in_other_run": Hint(
            "A model was logged, but not in the run with the parameters.",
            "Move mlflow.sklearn.log_model inside the same `with mlflow.start_run():`.",
        ),
        "model_refused": Hint(
            "MLflow began to store a model and refused: read the last line of the error.",
            "A forest holds a type that must be named: skops_trusted_types=TRUSTED.",
        ),
        "model_missing": Hint(
            "The run holds numbers, but not the model they belong to.",
            'Inside the run: mlflow.sklearn.log_model(forest, name="model", '
            "pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED).",
        ),
    },
)
def logged_model(evidence: Evidence) -> Verdict:
    """The run logged a model that MLflow can load."""
    run = first_run(evidence)
    if run is None:
        return nothing_in(evidence, FIRST, "n_estimators", "max_depth", "accuracy")
    ready = [model for model in evidence.models_of(run) if usable(model)]
    if ready:
        return passed(
            f"The run logged a model of the flavour {ready[0].flavors[-1]}.",
            model=ready[0].name,
            flavors=list(ready[0].flavors),
        )
    if evidence.models_of(run):
        return failed("The model was not stored completely.", "model_refused")
    if any(re.search(r"\.(pkl|pickle|joblib|skops|sav)$", name) for name in run.artifacts):
        return failed(
            "The run has a file, not a logged model.", "model_as_file", files=[*run.artifacts]
        )
    if any(model.experiment == FIRST for model in evidence.models):
        return failed("The experiment has a model, but this run has not.", "model_in_other_run")
    return failed("The run has no logged model.", "model_missing")
