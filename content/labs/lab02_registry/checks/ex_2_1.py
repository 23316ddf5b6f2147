"""Exercise 2.1: a model registered while it is logged, and one registered afterwards."""

from labkit.checks import Hint, Verdict, check, failed, partly, passed
from labkit.evidence import Evidence, ModelVersion

from .common import FIRST, FORESTS, run_of

NONE_YET = {
    "nothing_registered": Hint(
        "A logged model is not in the registry until it is given a name there.",
        'log_forest(6, registered="lab02-first") registers at once; '
        'mlflow.register_model(forests[0].model_uri, "lab02-first") afterwards.',
    ),
    "other_name": Hint(
        "Something is registered, but under another name.",
        "Names are compared letter by letter: register it as lab02-first.",
    ),
}


def depths(evidence: Evidence) -> dict[str, list[ModelVersion]]:
    """The versions of lab02-first by the depth that their run logged."""
    found: dict[str, list[ModelVersion]] = {}
    for version in evidence.versions_of(FIRST).values():
        run = run_of(evidence, version)
        found.setdefault(run.params.get("max_depth", "") if run else "", []).append(version)
    return found


def nothing(evidence: Evidence) -> Verdict:
    """The verdict where lab02-first has no version: is there one under another name?"""
    others = sorted({one.name for one in evidence.versions if "first" in one.name.lower()})
    if others:
        return failed(f"There is no model {FIRST}, but there is {others[0]}.", "other_name")
    return failed(f"There is no version of a model {FIRST}.", "nothing_registered")


@check(
    "2.1",
    points=2,
    hints={
        **NONE_YET,
        "not_at_once": Hint(
            "The helper `log_forest` can register while it logs: look at its second parameter.",
            'log_forest(6, registered="lab02-first") trains, logs and registers it in one go.',
        ),
    },
)
def registered_at_once(evidence: Evidence) -> Verdict:
    """A version holds a forest of depth 6."""
    found = depths(evidence)
    if not found:
        return nothing(evidence)
    if "6" in found:
        return passed(
            f"Version {found['6'][-1].version} holds a forest of depth 6.",
            versions=[one.version for one in found["6"]],
        )
    return failed(f"The depths of the versions are {', '.join(sorted(found))}.", "not_at_once")


@check(
    "2.1",
    points=2,
    hints={
        **NONE_YET,
        "not_afterwards": Hint(
            "Registering afterwards takes the address of a logged model; `forests` holds those of the "
            "set-up.",
            'mlflow.register_model(forests[0].model_uri, "lab02-first")',
        ),
        "wrong_model": Hint(
            "A forest that was logged before is registered, but it is not the one of depth 5.",
            "forests is in the order 5, 12, 3 of depth, and Python counts from 0: forests[0].",
        ),
        "logged_again": Hint(
            "The forest of depth 5 in the registry is a copy that was trained again.",
            "It is logged already: hand forests[0].model_uri to mlflow.register_model.",
        ),
    },
)
def registered_afterwards(evidence: Evidence) -> Verdict:
    """A version is the very forest of depth 5 that the set-up logged."""
    found = depths(evidence)
    if not found:
        return nothing(evidence)
    copies = found.get("5", [])
    logged_before = {run.run_id for run in evidence.runs_in(FORESTS)}
    if any(one.run_id in logged_before for one in copies):
        return passed("The forest of depth 5 was registered after it was logged.")
    if copies:
        return partly(0.5, "The forest of depth 5 was trained and logged again.", "logged_again")
    if found.keys() & {"12", "3"}:
        return failed(f"The depths of the versions are {', '.join(sorted(found))}.", "wrong_model")
    return failed("The forest of depth 5 is not registered.", "not_afterwards")
