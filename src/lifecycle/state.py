"""What a ledger says: which version is in which stage, and who is champion. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from lifecycle.ledger import Record
from lifecycle.rules import CHAMPION, PREVIOUS, STAGING

#: In a record of what was found: the version was deleted from the registry.
GONE = "gone"


@dataclass(frozen=True, slots=True)
class State:
    """A registered model as its ledger has it after record ``seq``.

    ``moved`` is the last record that was about stages: what the registry has to follow.
    ``champions`` are the versions that were put into production, first to last, without those
    that were rolled back; the last one is the champion, None where production was emptied behind
    the ledger's back. ``staged`` is in order of entry.
    """

    seq: int = 0
    moved: int = 0
    stages: Mapping[int, str] = field(default_factory=dict)
    champions: tuple[int | None, ...] = ()
    staged: tuple[int, ...] = ()

    @property
    def champion(self) -> int | None:
        """The version in production."""
        return self.champions[-1] if self.champions else None

    @property
    def previous(self) -> int | None:
        """The version that was champion before."""
        past = [version for version in self.champions[:-1] if version is not None]
        return past[-1] if past else None

    @property
    def aliases(self) -> dict[str, int]:
        """The aliases the registry should have."""
        staging = self.staged[-1] if self.staged else None
        wanted = {CHAMPION: self.champion, PREVIOUS: self.previous, STAGING: staging}
        return {alias: version for alias, version in wanted.items() if version is not None}

    def stage(self, version: int) -> str:
        """The stage a version is in."""
        return self.stages.get(version, "none")


def replay(records: Iterable[Record]) -> State:
    """The state after all records."""
    state = State()
    for record in records:
        state = after(state, record)
    return state


def after(state: State, record: Record) -> State:
    """The state after one more record."""
    state = replace(state, seq=record.seq)
    if record.action == "registered":
        return state
    state = replace(state, moved=record.seq)
    if record.action == "restored":
        return state
    if record.action == "adopted":
        return _adopted(state, record)
    stages = {**state.stages, record.version: record.to}
    if record.replaced is not None:
        stages[record.replaced] = "archived"
    return replace(
        state,
        stages=stages,
        champions=_champions(state, record),
        staged=_staged(state.staged, record.version, record.to),
    )


def _champions(state: State, record: Record) -> tuple[int | None, ...]:
    if record.action == "rolled back":
        return state.champions[: state.champions.index(record.version) + 1]
    # A version that was promoted before stands once, at its latest place.
    others = tuple(version for version in state.champions if version != record.version)
    if record.to == "production":
        return (*others, record.version)
    return others if record.to == "rejected" else state.champions


def _staged(staged: tuple[int, ...], version: int, to: str) -> tuple[int, ...]:
    others = tuple(one for one in staged if one != version)
    return (*others, version) if to == "staging" else others


def _adopted(state: State, record: Record) -> State:
    stages = {version: stage for stage, found in record.stages.items() for version in found}
    champion = next(iter(record.stages.get("production", ())), None)
    champions = tuple(one for one in state.champions if stages.get(one or 0) != GONE)
    if champion in champions:
        champions = champions[: champions.index(champion) + 1]
    elif champion is not None or champions:
        champions = (*champions, champion)
    return replace(
        state,
        stages={**state.stages, **stages},
        champions=champions,
        staged=tuple(sorted(record.stages.get("staging", ()))),
    )
