"""Exercise 1.2: a model with a signature and an input example."""

from labkit.checks import Hint, Verdict, best_match, check, failed, passed
from labkit.evidence import Evidence, Model

from .common import EXPERIMENTS, NO_RUN, SIGNED, usable

FEATURES = ("age", "income", "tenure_months", "monthly_fee", "support_calls", "late_payments")


def signed_model(evidence: Evidence) -> Model | None:
    """The model of exercise 1.2: the newest that fulfils most of it."""
    return best_match(
        (model for model in evidence.models if model.experiment == SIGNED and usable(model)),
        lambda model: model.signature is not None,
        lambda model: model.signature is not None and set(model.signature.inputs) == set(FEATURES),
        lambda model: model.signature is not None and bool(model.signature.outputs),
        lambda model: model.input_example,
    )


def no_signed_model(evidence: Evidence) -> Verdict:
    """The verdict where the experiment of exercise 1.2 has no usable model."""
    if any(model.experiment == SIGNED for model in evidence.models):
        return failed("A model was begun in lab01-signature, but not stored.", "model_refused")
    if any(
        model.signature and model.input_example and model.experiment not in EXPERIMENTS
        for model in evidence.models
    ):
        return failed("A model with a signature is in another experiment.", "other_experiment")
    return failed("The experiment lab01-signature has no logged model.", "no_model")


NO_MODEL = {
    "no_model": Hint(
        "This exercise wants a model of its own, in its own experiment.",
        'mlflow.set_experiment("lab01-signature"), start a run, then mlflow.sklearn.log_model(...) '
        "with signature= and input_example=.",
    ),
    "model_refused": Hint(
        "MLflow began to store a model and refused: read the last line of the error.",
        "A forest holds a type that must be named: skops_trusted_types=TRUSTED.",
    ),
    "other_experiment": NO_RUN["other_experiment"],
}


@check(
    "1.2",
    points=2,
    hints={
        **NO_MODEL,
        "no_signature": Hint(
            "The model does not say which columns it takes.",
            "Give log_model signature=infer_signature(X_train, forest.predict(X_train)).",
        ),
        "target_in_inputs": Hint(
            "The model claims to need the answer in order to give it.",
            "churned is what is predicted: infer the signature from X_train, without churned.",
        ),
        "unnamed_inputs": Hint(
            "The inputs have no names; what was the signature inferred from?",
            "A NumPy array has no column names. Infer from the DataFrame X_train, not from "
            "X_train.values.",
        ),
        "other_columns": Hint(
            "The signature names other columns than the model was trained on.",
            "Infer it from X_train, whose columns are exactly FEATURES.",
        ),
    },
)
def signature_inputs(evidence: Evidence) -> Verdict:
    """The signature's inputs are the six columns."""
    model = signed_model(evidence)
    if model is None:
        return no_signed_model(evidence)
    if model.signature is None or not model.signature.inputs:
        return failed("The model has no signature.", "no_signature")
    inputs = model.signature.inputs
    if set(inputs) == set(FEATURES):
        return passed("The signature names the six columns.", inputs=list(inputs))
    if "churned" in inputs:
        return failed(
            "The signature has churned among the inputs.", "target_in_inputs", inputs=list(inputs)
        )
    if all(name.isdigit() for name in inputs):
        return failed("The signature has inputs without names.", "unnamed_inputs")
    return failed(f"The signature's inputs are {', '.join(inputs)}.", "other_columns")


@check(
    "1.2",
    points=1,
    hints={
        **NO_MODEL,
        "no_output": Hint(
            "The signature says what goes in, but not what comes out.",
            "infer_signature takes two arguments: the inputs, then what the model answers to them.",
        ),
    },
)
def signature_output(evidence: Evidence) -> Verdict:
    """The signature has an output."""
    model = signed_model(evidence)
    if model is None:
        return no_signed_model(evidence)
    if model.signature is None or not model.signature.outputs:
        return failed("The model does not say what it answers.", "no_output")
    return passed("The signature says what comes out.", outputs=list(model.signature.outputs))


@check(
    "1.2",
    points=1,
    hints={
        **NO_MODEL,
        "no_example": Hint(
            "Somebody who finds this model has no row to try it with.",
            "Give log_model input_example=X_train.head(3). A file logged beside the model is not it.",
        ),
    },
)
def input_example(evidence: Evidence) -> Verdict:
    """The model carries an input example."""
    model = signed_model(evidence)
    if model is None:
        return no_signed_model(evidence)
    if not model.input_example:
        return failed("The model has no input example.", "no_example")
    return passed("The model carries an input example.")
