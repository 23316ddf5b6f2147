"""What is in production, what was before, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lifecycle.ledger import Record
from lifecycle.rules import CHAMPION, PREVIOUS, STAGING
from lifecycle.settle import View, watched


@dataclass(frozen=True, slots=True)
class Slot:
    """A version that holds an alias; ``since`` is the record of its last move, if there is one."""

    version: int
    run_id: str
    description: str
    since: Record | None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "since": self.since.as_dict() if self.since else None}


@dataclass(frozen=True, slots=True)
class Current:
    """A registered model now.

    ``slots`` maps ``champion``, ``previous`` and ``staging`` to the version that has the alias,
    or to None; ``problems`` says where the registry was changed by other means.
    """

    name: str
    slots: Mapping[str, Slot | None]
    problems: tuple[str, ...]

    @property
    def champion(self) -> int | None:
        """The version in production."""
        slot = self.slots[CHAMPION]
        return slot.version if slot else None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        slots = {alias: slot.as_dict() if slot else None for alias, slot in self.slots.items()}
        return {"name": self.name, **slots, "problems": list(self.problems)}


def current(name: str) -> Current:
    """Which version is champion, which was before, and which is in staging.

    What an earlier command was killed in is finished first.

    Raises:
        LifecycleError: there is no such model, or its ledger is gone.
    """
    view = watched(name)
    # What serves is what the alias says; where the ledger says otherwise, it is a problem.
    slots = {alias: _slot(view, alias) for alias in (CHAMPION, PREVIOUS, STAGING)}
    return Current(name, slots, view.drift)


def history(name: str) -> list[Record]:
    """Every change of a model that was made with these commands, first to last.

    Raises:
        LifecycleError: there is no such model, or its ledger is gone.
    """
    return list(watched(name).records)


def _slot(view: View, alias: str) -> Slot | None:
    number = view.found.aliases.get(alias)
    if number is None:
        return None
    version = view.found.versions[number]
    touching = [one for one in view.records if number in (one.version, one.replaced)]
    moves = [one for one in touching if one.action != "registered"]
    return Slot(number, version.run_id, version.description, moves[-1] if moves else None)
