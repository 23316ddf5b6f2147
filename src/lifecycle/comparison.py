"""Compares versions of a model on the same held-out rows, and says so on the candidate."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from mlflow import MlflowClient

from lifecycle.bootstrap import Estimate, Verdict, judge, not_comparable
from lifecycle.errors import LifecycleError
from lifecycle.integrity import registration_of
from lifecycle.metrics import Metric, metric_from, metric_named
from lifecycle.predictions import PREDICTIONS, read_predictions
from lifecycle.registry import Version, get_version, insist, run_of
from lifecycle.rules import Rules, load_rules
from lifecycle.settle import View, watched

#: Tags of a version: the verdict, and what it was compared with.
VERDICT, AGAINST = "lifecycle.verdict", "lifecycle.compared_with"


@dataclass(frozen=True, slots=True)
class Compared:
    """One version in a comparison.

    ``estimate`` is its metric on its own held-out rows, None where it logged no predictions;
    ``metrics`` is what its run logged; ``verdict`` is None for the version compared with.
    """

    version: int
    stage: str
    estimate: Estimate | None
    metrics: Mapping[str, float]
    verdict: Verdict | None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        said = None if self.verdict is None else dataclasses.asdict(self.verdict)
        if self.verdict is not None and said is not None:
            said["text"] = str(self.verdict)
            said["doubt"] = self.verdict.doubt
        return {
            "version": self.version,
            "stage": self.stage,
            "estimate": dataclasses.asdict(self.estimate) if self.estimate else None,
            "metrics": dict(self.metrics),
            "verdict": said,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Versions side by side; ``against`` is the one all others are compared with."""

    name: str
    metric: str
    against: int
    versions: tuple[Compared, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        found = dataclasses.asdict(self)
        return {**found, "versions": [one.as_dict() for one in self.versions]}


def compare(
    name: str,
    versions: Iterable[int | str],
    *,
    against: int | str | None = None,
    metric: str | Callable[..., float] | None = None,
    rules: Rules | None = None,
) -> Comparison:
    """Compare versions by the held-out predictions their runs logged, and tag each verdict.

    Args:
        name: of the registered model.
        versions: numbers or aliases.
        against: the version all others are compared with; the champion unless given, the first
            of ``versions`` where there is no champion.
        metric: a built-in one by name, or a function of truth, prediction and sample_weight
            where higher is better; that of the rules unless given.
        rules: of the team; ``lifecycle.toml`` unless given.

    Raises:
        LifecycleError: there is no such version or metric, or none was named.
    """
    rules = rules or load_rules()
    view = watched(name)
    asked = [get_version(name, version) for version in versions]
    if not asked:
        raise LifecycleError(
            "There is nothing to compare.",
            why="No version was named.",
            next_step="Name one or more, by number or alias.",
        )
    base = (
        against
        if against is not None
        else view.state.champion or view.found.aliases.get("champion", asked[0].number)
    )
    other = get_version(name, base)
    found = {version.number: version for version in (other, *asked)}
    wanted = metric or rules.metric
    judged = [
        _compared(view, version, other, wanted, rules) for _, version in sorted(found.items())
    ]
    label = wanted if isinstance(wanted, str) else metric_from(wanted).name
    return Comparison(name, label, other.number, tuple(judged))


def verdict_of(
    view: View,
    candidate: Version,
    champion: Version,
    metric: str | Callable[..., float],
    rules: Rules,
) -> Verdict:
    """Compare a candidate with a champion; changes nothing."""
    name = metric if isinstance(metric, str) else metric_from(metric).name
    frames = []
    for version in (candidate, champion):
        found = _predictions(view, version)
        if isinstance(found, str):
            return not_comparable(name, found)
        frames.append(found)
    return judge(frames[0], frames[1], _metric(metric, frames[1], rules), rules)


def log_verdict(candidate: Version, against: Version, verdict: Verdict) -> None:
    """Write a verdict on the candidate, where the registry shows it."""
    client, number = MlflowClient(), str(candidate.number)
    said = f"version {against.number} by {verdict.metric} on {verdict.rows:,} rows"
    insist(client.set_model_version_tag, candidate.name, number, VERDICT, str(verdict))
    insist(client.set_model_version_tag, candidate.name, number, AGAINST, said)


def _compared(
    view: View, version: Version, other: Version, metric: str | Callable[..., float], rules: Rules
) -> Compared:
    verdict = verdict_of(view, version, other, metric, rules)
    alone = verdict if verdict.candidate else verdict_of(view, version, version, metric, rules)
    itself = version.number == other.number
    if not itself:
        log_verdict(version, other, verdict)
    run = run_of(version)
    return Compared(
        version.number,
        view.state.stage(version.number) if view.managed else version.stage.lower(),
        alone.candidate,
        dict(run.data.metrics) if run else {},
        None if itself else verdict,
    )


def _metric(metric: str | Callable[..., float], frame: pd.DataFrame, rules: Rules) -> Metric:
    if isinstance(metric, str):
        return metric_named(metric, frame["truth"].to_numpy(), rules.positive)
    return metric_from(metric)


def _predictions(view: View, version: Version) -> pd.DataFrame | str:
    """The predictions of a version, or why there are none that can be used."""
    read = read_predictions(version.run_id) if version.run_id else None
    if read is None:
        return f"version {version.number} logged no held-out predictions"
    found, digest = read
    kept = registration_of(view, version.number)
    if kept is None:
        return found
    if PREDICTIONS not in kept.artifacts:
        return f"version {version.number} logged its predictions after it was registered"
    if digest != kept.artifacts[PREDICTIONS]:
        return f"the predictions of version {version.number} were replaced after registering"
    return found
