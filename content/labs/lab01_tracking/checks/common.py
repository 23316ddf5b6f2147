"""What the exercises of lab 1 share: names, and the verdicts where nothing was logged."""

from labkit.checks import Hint, Verdict, failed
from labkit.evidence import Evidence, Model

FIRST, SIGNED, SWEEP, LINEAGE = (
    "lab01-first-run",
    "lab01-signature",
    "lab01-sweep",
    "lab01-lineage",
)
EXPERIMENTS = (FIRST, SIGNED, SWEEP, LINEAGE)

NO_RUN = {
    "no_run": Hint(
        "There is no run here yet. One begins with mlflow.start_run(), in the experiment that was "
        "set last.",
        "Call mlflow.set_experiment with the name in the task, then log inside "
        "`with mlflow.start_run():`.",
    ),
    "other_experiment": Hint(
        "There is a run that looks like yours, but in another experiment.",
        "Call mlflow.set_experiment with exactly the name in the task before "
        "mlflow.start_run(), and run the cell again.",
    ),
}


def nothing_in(evidence: Evidence, experiment: str, *names: str) -> Verdict:
    """The verdict where an experiment has no run: is there one like it elsewhere?"""
    # A name with one letter wrong begins like the right one, so only whole names tell them apart.
    others = [run for run in evidence.runs if run.experiment not in EXPERIMENTS]
    similar = [
        run for run in others if any(name in {**run.params, **run.metrics} for name in names)
    ]
    if similar:
        return failed(
            f"The experiment {experiment} has no run, but {similar[0].experiment} has one like it.",
            "other_experiment",
            found_in=similar[0].experiment,
        )
    return failed(f"The experiment {experiment} has no run.", "no_run")


def usable(model: Model) -> bool:
    """Whether a model was stored completely, so that its flavours are known."""
    return model.status == "READY" and bool(model.flavors)
