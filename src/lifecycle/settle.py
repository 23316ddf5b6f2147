"""Makes the registry say what the ledger says, and tells where somebody made it say otherwise.

The ledger decides; aliases, stages and tags are written after it. A command that is killed in
between leaves a ledger that is ahead of the mark ``lifecycle.settled``, and the next command
writes the rest. Where ledger and mark agree and the registry still differs, somebody changed the
registry by other means: that is reported and never undone without being asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from lifecycle.errors import DriftError
from lifecycle.ledger import Ledger, Record, open_ledger
from lifecycle.registry import Snapshot, insist, set_stage, snapshot
from lifecycle.rules import CHAMPION, PREVIOUS, STAGING
from lifecycle.state import State, replay

#: Tag of the registered model: up to which record the registry follows the ledger.
SETTLED = "lifecycle.settled"
#: Tag of a version: the stage it is in.
STAGE = "lifecycle.stage"
#: What MLflow calls each stage.
MLFLOW_STAGES = {
    "none": "None",
    "staging": "Staging",
    "production": "Production",
    "archived": "Archived",
    "rejected": "Archived",
}
_LOOKS, _PAUSE = 3, 0.2


@dataclass(frozen=True, slots=True)
class View:
    """A registered model and its ledger.

    They were read in this order: whatever the registry shows of a change, the record of that
    change is among ``records``.
    """

    found: Snapshot
    ledger: Ledger | None
    records: tuple[Record, ...]
    state: State

    @property
    def managed(self) -> bool:
        """Whether stages of this model have been kept in the ledger yet."""
        return self.state.moved > 0

    @property
    def unfinished(self) -> bool:
        """Whether the registry does not follow the ledger to its end yet."""
        return self.managed and self.found.tags.get(SETTLED) != str(self.state.moved)

    @property
    def drift(self) -> tuple[str, ...]:
        """What the registry says otherwise than the ledger, a sentence each."""
        return tuple(_drift(self)) if self.managed and not self.unfinished else ()


def look(name: str) -> View:
    """Read a model and its ledger; change nothing.

    Raises:
        LifecycleError: there is no such model, or its ledger is gone.
    """
    found = snapshot(name)
    ledger = open_ledger(name, found.tags)
    records = tuple(ledger.records()) if ledger else ()
    return View(found, ledger, records, replay(records))


def settle(name: str) -> View:
    """Read a model, after finishing what an earlier command was killed in."""
    now = look(name)
    # Another command may write at the same time: look again until nothing is left to do.
    for _ in range(10):
        if not now.unfinished:
            break
        write(now)
        now = look(name)
    return now


def steady(name: str) -> View:
    """Read a model that is about to be changed.

    Raises:
        LifecycleError: there is no such model, or its ledger is gone.
        DriftError: the registry was changed by other means.
    """
    now = settle(name)
    # A command that was slow may still be writing an older state; it will notice, and mend it.
    for _ in range(_LOOKS):
        if not now.drift:
            return now
        time.sleep(_PAUSE)
        now = settle(name)
    raise DriftError(
        f"The registry does not say what the ledger of {name} says.",
        why="; ".join(now.drift) + ". Somebody changed it by other means than these commands.",
        next_step=f"`python -m lifecycle repair {name} --keep registry` records what is there "
        "now; `--keep ledger` puts back what the ledger says.",
    )


def watched(name: str) -> View:
    """Read a model for somebody who only looks: finish what can be finished, refuse nothing."""
    try:
        return settle(name)
    except MlflowException as error:
        if str(error.error_code) != "PERMISSION_DENIED":
            raise
        return look(name)


def write(now: View) -> None:
    """Write what the ledger says into the registry, and mark how far it follows."""
    client, name, state = MlflowClient(), now.found.name, now.state
    wanted = {alias: n for alias, n in state.aliases.items() if n in now.found.versions}
    for alias in (CHAMPION, PREVIOUS, STAGING):
        if alias in wanted:
            insist(client.set_registered_model_alias, name, alias, str(wanted[alias]))
        elif alias in now.found.aliases:
            client.delete_registered_model_alias(name, alias)
    # The champion first: MLflow then moves the others out of production in the same transaction.
    for number in sorted(now.found.versions, key=lambda n: n != state.champion):
        found, stage = now.found.versions[number], state.stage(number)
        if found.stage != MLFLOW_STAGES[stage]:
            set_stage(client, name, number, MLFLOW_STAGES[stage])
        if found.tags.get(STAGE, "none") != stage:
            insist(client.set_model_version_tag, name, str(number), STAGE, stage)
    insist(client.set_registered_model_tag, name, SETTLED, str(state.moved))


def _drift(now: View) -> Iterator[str]:
    found, state = now.found, now.state
    for number in {state.champion, state.previous} - set(found.versions) - {None}:
        yield f"version {number} was deleted"
    for alias in (CHAMPION, PREVIOUS, STAGING):
        wanted, there = state.aliases.get(alias), found.aliases.get(alias)
        if wanted != there:
            yield f"the alias {alias} is on {_named(there)}, in the ledger on {_named(wanted)}"
    for number, version in sorted(found.versions.items()):
        wanted_stage = MLFLOW_STAGES[state.stage(number)]
        if version.stage not in ("", wanted_stage):
            yield (
                f"version {number} has MLflow's stage {version.stage}, in the ledger {wanted_stage}"
            )


def _named(version: int | None) -> str:
    return f"version {version}" if version is not None else "no version"
