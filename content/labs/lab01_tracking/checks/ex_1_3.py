"""Exercise 1.3: a sweep, and its best run declared."""

import math

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence, Run

from .common import NO_RUN, SWEEP, nothing_in

DEPTHS = ("2", "4", "6", "8", "12")


def sweep_runs(evidence: Evidence) -> dict[str, list[Run]]:
    """The runs of the sweep by depth, for the depths the task names, newest first."""
    runs = evidence.runs_in(SWEEP)
    return {
        depth: [run for run in runs if run.params.get("max_depth") == depth] for depth in DEPTHS
    }


def scored(run: Run) -> bool:
    """Whether a run has a usable f1."""
    return math.isfinite(run.metrics.get("f1", math.nan))


@check(
    "1.3",
    points=2,
    hints={
        **NO_RUN,
        "one_run_for_all": Hint(
            "All depths went into one run; what is then compared with what?",
            "Move `with mlflow.start_run():` inside the loop, so that each depth has its own run.",
        ),
        "depth_not_a_param": Hint(
            "The runs do not say, as a parameter, which depth they tried.",
            'In each run: mlflow.log_param("max_depth", max_depth). A run\'s name is only a label.',
        ),
        "depths_missing": Hint(
            "Some of the five depths have no run of their own.",
            "Loop over (2, 4, 6, 8, 12) and start a run for each.",
        ),
    },
)
def depths_covered(evidence: Evidence) -> Verdict:
    """Each of the five depths has a run with the parameter max_depth."""
    runs = evidence.runs_in(SWEEP)
    if not runs:
        return nothing_in(evidence, SWEEP, "max_depth", "f1")
    found = [depth for depth, tried in sweep_runs(evidence).items() if tried]
    if len(found) == len(DEPTHS):
        return passed("Each of the five depths has a run of its own.", runs=len(runs))
    said = (
        f"Of the depths 2, 4, 6, 8 and 12, {len(found)} have a run ({', '.join(found) or 'none'})."
    )
    if len(runs) == 1:
        return partly(len(found) / len(DEPTHS), said, "one_run_for_all", runs=1)
    hint = "depths_missing" if found else "depth_not_a_param"
    return partly(len(found) / len(DEPTHS), said, hint, runs=len(runs))


@check(
    "1.3",
    points=1,
    hints={
        **NO_RUN,
        "f1_as_param": Hint(
            "f1 was logged as a parameter, which is text: as text, 0.9 and 0.10 sort oddly.",
            'A result is a metric: mlflow.log_metric("f1", ...).',
        ),
        "f1_missing": Hint(
            "Without f1 in every run there is nothing to sort the runs by.",
            'In each run: mlflow.log_metric("f1", f1_score(y_test, predicted)).',
        ),
    },
)
def f1_logged(evidence: Evidence) -> Verdict:
    """Every depth that was tried has a run with the metric f1."""
    tried = {depth: runs for depth, runs in sweep_runs(evidence).items() if runs}
    if not evidence.runs_in(SWEEP):
        return nothing_in(evidence, SWEEP, "max_depth", "f1")
    without = [depth for depth, runs in tried.items() if not any(map(scored, runs))]
    if tried and not without:
        return passed("The runs of the sweep have the metric f1.", depths=list(tried))
    if any("f1" in run.params for run in evidence.runs_in(SWEEP)):
        return failed("f1 is among the parameters.", "f1_as_param")
    return failed("Not every depth has a run with the metric f1.", "f1_missing", without=without)


@check(
    "1.3",
    points=1,
    hints={
        **NO_RUN,
        "not_declared": Hint(
            "The best run has not been declared yet.",
            'labkit.declare("1.3", best_run_id=...) with the run_id of the first row of your search.',
        ),
        "worst_declared": Hint(
            "This is the run with the lowest f1. In which direction does order_by sort?",
            'ASC is the default: write order_by=["metrics.f1 DESC"].',
        ),
        "name_declared": Hint(
            "What you declared is a run's name or number; names need not be unique.",
            'Declare its id: sweep.loc[0, "run_id"], or run.info.run_id.',
        ),
        "other_best": Hint(
            "This run is of the sweep, but another has a higher f1.",
            'Sort by this metric and no other: order_by=["metrics.f1 DESC"], then take the first row.',
        ),
        "not_of_sweep": Hint(
            "The run you declared is not one of this sweep.",
            'Search only here: experiment_names=["lab01-sweep"].',
        ),
    },
)
def best_declared(evidence: Evidence) -> Verdict:
    """The declared run has the highest f1 of the sweep."""
    runs = {run.run_id: run for run in evidence.runs_in(SWEEP)}
    if not runs:
        return nothing_in(evidence, SWEEP, "max_depth", "f1")
    declared = evidence.declared.get("best_run_id")
    if declared is None:
        return failed("best_run_id is not declared.", "not_declared")
    best, worst = extremes([run for run in runs.values() if scored(run)])
    chosen = runs.get(str(declared))
    if chosen is None:
        known = any(run.run_id == declared for run in evidence.runs)
        hint = "not_of_sweep" if known else "name_declared"
        return failed("best_run_id is not the id of a run of the sweep.", hint, declared=declared)
    f1 = chosen.metrics.get("f1", math.nan)
    if f1 == best:
        return passed(f"The declared run has the highest f1, {best:.3f}.", declared=declared, f1=f1)
    said = f"The declared run has f1 {f1:.3f}; the highest of the sweep is {best:.3f}."
    hint = "worst_declared" if f1 == worst else "other_best"
    return failed(said, hint, declared=declared, f1=f1, best=best)


def extremes(runs: list[Run]) -> tuple[float, float]:
    """The highest and the lowest f1; NaN where no run has one, which equals nothing."""
    scores = [run.metrics["f1"] for run in runs] or [math.nan]
    return max(scores), min(scores)
