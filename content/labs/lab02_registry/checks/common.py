"""What the exercises of lab 2 share: names of models, and what is said where one is missing."""

from labkit.checks import Hint, Verdict, failed
from labkit.evidence import Evidence, ModelVersion, Run

FIRST, DESCRIBED, CHURN, ALIASES, LOAD, ROLLBACK = (
    "lab02-first",
    "lab02-described",
    "lab02-churn",
    "lab02-aliases",
    "lab02-load",
    "lab02-rollback",
)
FORESTS = "lab02-forests"
#: An F1 may be written with three decimals, those of two neighbouring versions differ by .006.
CLOSE = 0.0006

NO_MODEL = {
    "no_model": Hint(
        "The registered model that the exercise begins with is not there, or has lost a version, "
        "a stage or an alias.",
        "Run the last cell with start(...) above the answer, which makes it, then every answer "
        "after that cell.",
    ),
}


def no_model(name: str) -> Verdict:
    """The verdict where the model an exercise begins with is missing, or a part of it."""
    return failed(f"There is no registered model {name} with all that is needed.", "no_model")


def run_of(evidence: Evidence, version: ModelVersion) -> Run | None:
    """The run a version comes from; None where it names none that is there."""
    return next((run for run in evidence.runs if run.run_id == version.run_id), None)


def f1_of(evidence: Evidence, version: ModelVersion) -> float | None:
    """The F1 logged by the run a version comes from."""
    run = run_of(evidence, version)
    return run.metrics.get("f1") if run else None


def number(value: object) -> float | None:
    """A number that was declared or written as text; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def close(found: float, wanted: float | None) -> bool:
    """Whether two F1 are the same but for rounding; never true for NaN."""
    return wanted is not None and abs(found - wanted) <= CLOSE
