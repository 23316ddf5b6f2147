"""Writes a change into the ledger, unless another change came first, and makes it visible."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from mlflow.exceptions import MlflowException

from lifecycle.errors import LifecycleError, LostRaceError
from lifecycle.ledger import Record, make_ledger
from lifecycle.settle import View, settle
from lifecycle.state import State, replay


def commit(view: View, record: Record) -> Record:
    """Record a change that was decided on ``view``, then let the registry follow.

    A change that came meanwhile is no obstacle where it does not touch this one.

    Returns:
        The record with its number.

    Raises:
        LostRaceError: another change came first; this one was not made.
        LifecycleError: the change is recorded, but the registry did not answer afterwards.
    """
    name = view.found.name
    ledger = view.ledger or make_ledger(name)
    seq = view.state.seq + 1
    while not ledger.append(record, seq):
        records = ledger.records()
        if not _stands(record, view.state, replay(records)):
            raise _lost(name, record, records[view.state.seq :])
        seq = len(records) + 1
    try:
        settle(name)
    except MlflowException as error:
        raise LifecycleError(
            f"{said(record).capitalize()}, but the registry does not show it yet.",
            why=str(error).splitlines()[0],
            next_step=f"Any command finishes it: python -m lifecycle current {name}",
        ) from error
    return dataclasses.replace(record, seq=seq)


def said(record: Record) -> str:
    """What a record says was done, as the beginning of a sentence."""
    if record.action == "promoted":
        return f"version {record.version} was promoted to {record.to}"
    if record.action == "rolled back":
        return f"production was rolled back to version {record.version}"
    if record.action == "adopted":
        return "the registry was taken as it was found"
    if record.action == "restored":
        return "the registry was put back as the ledger has it"
    return f"version {record.version} was {record.action}"


def reason(why: str) -> str:
    """The reason somebody gave.

    Raises:
        LifecycleError: it is empty.
    """
    if not why.strip():
        raise LifecycleError(
            "Nothing was changed.",
            why="No reason was given, and the history would not tell why.",
            next_step="Say why in a few words.",
        )
    return why.strip()


def one_of(word: str, words: Iterable[str]) -> None:
    """Refuse a word that is none of ``words``.

    Raises:
        LifecycleError: it is none.
    """
    if word not in words:
        raise LifecycleError(
            f"'{word}' cannot be asked for.",
            why=f"It must be one of: {', '.join(words)}.",
            next_step="Take one of them.",
        )


def _stands(record: Record, before: State, now: State) -> bool:
    """Whether what a change was decided on still holds."""
    if record.action in ("adopted", "restored"):
        return before == dataclasses.replace(now, seq=before.seq)
    moves_champion = record.to == "production"
    return before.stage(record.version) == now.stage(record.version) and (
        not moves_champion or before.champions == now.champions
    )


def _lost(name: str, record: Record, newer: Iterable[Record]) -> LostRaceError:
    others = [one for one in newer if one.action != "registered"]
    told = "; ".join(f"{said(one)} by {one.who} at {one.when} ({one.why})" for one in others)
    return LostRaceError(
        f"Somebody else came first: {said(record).replace(' was ', ' was not ', 1)}.",
        why=f"Meanwhile {told}.",
        next_step=f"Look at `python -m lifecycle current {name}`, compare, and decide again.",
    )
