"""Takes over a model whose stages or aliases were set by other means than these commands."""

from __future__ import annotations

import dataclasses
import getpass

from lifecycle.committing import commit, one_of, reason
from lifecycle.errors import RefusedError
from lifecycle.ledger import Record, make_ledger
from lifecycle.rules import CHAMPION, STAGING
from lifecycle.settle import MLFLOW_STAGES, View, settle, steady
from lifecycle.state import GONE

_STAGE_OF = {word: stage for stage, word in MLFLOW_STAGES.items() if stage != "rejected"}


def managed(name: str) -> View:
    """Read a model that is about to be changed; the first time, as the registry has it.

    Raises:
        RefusedError: it is not clear which version is champion.
        DriftError: the registry was changed by other means since.
        LifecycleError: there is no such model, or its ledger is gone.
    """
    view = steady(name)
    while not view.managed and _in_use(view):
        ledger = view.ledger or make_ledger(name)
        # Where another command writes at the same time, look again at what it left to do.
        ledger.append(_as_found(view, getpass.getuser()), view.state.seq + 1)
        view = steady(name)
    return view


def repair(name: str, *, keep: str, why: str, who: str | None = None) -> Record | None:
    """Settle a registry that was changed by other means.

    Args:
        name: of the registered model.
        keep: ``registry`` records what is there now as the truth, ``ledger`` puts back what the
            ledger says.
        why: the reason, for whoever reads the history.
        who: repairs; this machine's user unless given.

    Returns:
        The record that was written; None where nothing differed.

    Raises:
        RefusedError: it is not clear which version is champion.
        LostRaceError: another change came first; nothing was changed.
        LifecycleError: there is no such model, or its ledger is gone.
    """
    one_of(keep, ("registry", "ledger"))
    view = settle(name)
    if not view.drift:
        return None
    actor, told = who or getpass.getuser(), reason(why)
    if keep == "registry":
        return commit(view, dataclasses.replace(_as_found(view, actor), why=told))
    # A record that changes nothing: the registry is behind it, and written anew.
    champion = view.state.champion or 0
    return commit(view, Record(action="restored", version=champion, who=actor, why=told))


def _in_use(view: View) -> bool:
    return bool({CHAMPION, STAGING} & set(view.found.aliases)) or any(
        version.stage not in ("", "None") for version in view.found.versions.values()
    )


def _as_found(view: View, actor: str) -> Record:
    """A record of what the registry shows."""
    champion = _champion(view)
    stages: dict[str, list[int]] = {}
    for number in sorted(view.found.versions):
        stage = "production" if number == champion else _stage(view, number)
        if stage != "none" or view.state.stage(number) != "none":
            stages.setdefault(stage, []).append(number)
    gone = {one for one in view.state.champions if one is not None} - set(view.found.versions)
    if gone:
        stages[GONE] = sorted(gone)
    return Record(
        action="adopted",
        version=champion or 0,
        to="production" if champion else "",
        who=actor,
        why="first use: as it was found in the registry",
        stages=stages,
    )


def _stage(view: View, number: int) -> str:
    found, known = view.found.versions[number].stage, view.state.stage(number)
    if number == view.found.aliases.get(STAGING) and found in ("", "None"):
        return "staging"
    # MLflow has no stage of its own for what was rejected, and none at all one day.
    stage = known if found in ("", MLFLOW_STAGES[known]) else _STAGE_OF.get(found, "none")
    # There is one champion, and it is not this one.
    return "archived" if stage == "production" else stage


def _champion(view: View) -> int | None:
    named = view.found.aliases.get(CHAMPION)
    production = [n for n, one in view.found.versions.items() if one.stage == "Production"]
    if named is None and len(production) > 1:
        listed = ", ".join(str(number) for number in sorted(production))
        raise RefusedError(
            f"It is not clear which version of {view.found.name} is champion.",
            why=f"The versions {listed} are in MLflow's stage Production, and none has the "
            f"alias {CHAMPION}.",
            next_step=f"Set the alias {CHAMPION} on the one that serves, in the MLflow UI.",
        )
    return named if named is not None else next(iter(production), None)
