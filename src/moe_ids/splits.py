"""Divide rows into training, validation and test parts, so that a test means something.

Three rules, and one that is refused: by time, by groups (rows with the same features are on one
side), as published; and never by the order of rows where the order is the label. Validation rows
are taken from the training part by the same rule.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from moe_ids.data.dataset import ATTACK, LABEL, PART, SESSION, TIME, Dataset, Ints
from moe_ids.errors import CaseStudyError

#: What "groups" compares unless told otherwise: all features of a row.
SAME_FEATURES = "features"


@dataclass(frozen=True, slots=True)
class Split:
    """Positions of rows in a data set; a row that is in no part was left out on purpose.

    Args:
        method: time, groups, official or order.
        parameters: what it was called with.
        train: positions to learn from.
        valid: positions to choose and to stop by.
        test: positions to judge by.
        id: 16 hexadecimal digits. The same for the same method, parameters and rows (their values
            and which part each is in), and for nothing else.
    """

    method: str
    parameters: dict[str, Any]
    train: Ints
    valid: Ints
    test: Ints
    id: str

    def as_dict(self) -> dict[str, Any]:
        """What to log: plain JSON values, with the number of rows of each part."""
        return {
            "split_id": self.id,
            "split_method": self.method,
            **{f"split_{name}": value for name, value in self.parameters.items()},
            "rows_train": len(self.train),
            "rows_valid": len(self.valid),
            "rows_test": len(self.test),
        }


def split(
    data: Dataset,
    method: str | None = None,
    *,
    test: float = 0.3,
    valid: float = 0.15,
    seed: int = 0,
    by: str = SAME_FEATURES,
) -> Split:
    """Divide a data set.

    - ``time``: the last rows are the test part. Rows at the same time stay together, and
      sessions that reach past a cut are left out before it.
    - ``groups``: groups of rows are drawn, class by class, until a part has its share of each.
    - ``official``: the published partitions of UNSW-NB15. The validation part is drawn from the
      training partition as ``groups`` does it; ``test`` has no effect.
    - ``order``: as ``time``, but by position; only for data whose rows are in the order of time.

    Args:
        data: with labels.
        method: one of these; ``time`` where the data have times unless given, else ``groups``.
        test: share of the rows, above 0 and below 1.
        valid: share of the training rows, from 0 to below 1.
        seed: of ``groups``.
        by: for ``groups``: "features", or a column such as "session" or "host".

    Raises:
        CaseStudyError: the data lack what the method needs, a part would have one class only, or
            the method is not fit for the data.
    """
    if method is None:
        method = "time" if data.has(TIME) else "groups"
    _refuse(data, method, test, valid)
    ask = _Ask(test, seed, by)
    outer, held_out = _RULES[method](data, ask)
    inner, chosen = outer, np.zeros(0, dtype=np.int64)
    if valid:
        again = _by_groups if method == "official" else _RULES[method]
        inner_train, inner_valid = again(data.take(outer), replace(ask, share=valid))
        inner, chosen = outer[inner_train], outer[inner_valid]
    for name, rows in (("training", inner), ("validation", chosen), ("test", held_out)):
        if name != "validation" or valid:
            _refuse_one_class(data, rows, name)
    parameters = _parameters(method, ask, valid)
    identity = _identity(data, method, parameters, (inner, chosen, held_out))
    return Split(method, parameters, inner, chosen, held_out, identity)


def _refuse(data: Dataset, method: str, test: float, valid: float) -> None:
    if method not in _RULES:
        raise CaseStudyError(
            f"There is no split called {method!r}.",
            why=f"The splits are {', '.join(_RULES)}.",
            next_step="Choose one of them.",
        )
    if not (0 < test < 1 and 0 <= valid < 1):
        raise CaseStudyError(
            f"A test share of {test} and a validation share of {valid} cannot be.",
            why="The test share lies between 0 and 1; the validation share may also be 0.",
            next_step="Give shares such as 0.3 and 0.15.",
        )
    if not data.has(ATTACK, LABEL):
        raise CaseStudyError(
            "Rows without labels cannot be divided.",
            why="A split must see that both sides have attacks and benign rows.",
            next_step="Load the data with labels.",
        )


@dataclass(frozen=True, slots=True)
class _Ask:
    share: float
    seed: int
    by: str


def _by_time(data: Dataset, ask: _Ask) -> tuple[Ints, Ints]:
    if not data.has(TIME):
        raise CaseStudyError(
            f"The {data.name} data at hand cannot be split by time.",
            why="No file says when a flow was seen; the order of rows says nothing about time.",
            next_step="Use the split 'groups', or the form of the data that has times.",
        )
    times = data.frame[TIME].to_numpy()
    order = np.argsort(times, kind="stable")
    cut = times[order[_first_held_out(len(data), ask.share)]]
    return _before(data, times < cut), np.flatnonzero(times >= cut)


def _by_order(data: Dataset, ask: _Ask) -> tuple[Ints, Ints]:
    if not data.has(TIME) or not data.frame[TIME].is_monotonic_increasing:
        same = (data.frame[ATTACK] == data.frame[ATTACK].shift()).iloc[1:].mean()
        raise CaseStudyError(
            f"The {data.name} data are not split by the order of rows.",
            why=f"In {same:.1%} of the rows the row before has the same label, and no column says "
            "that the order is time: position is next to being the answer.",
            next_step="Use the split 'groups'.",
        )
    early = np.arange(len(data)) < _first_held_out(len(data), ask.share)
    return _before(data, early), np.flatnonzero(~early)


def _before(data: Dataset, early: Any) -> Ints:
    """Rows before a cut, without those of sessions that go on after it."""
    if data.has(SESSION):
        session = data.frame[SESSION]
        early = early & ~session.isin(session[~early]).to_numpy()
    return np.flatnonzero(early)


def _first_held_out(rows: int, share: float) -> int:
    return min(max(round(rows * (1 - share)), 0), rows - 1)


def _by_groups(data: Dataset, ask: _Ask) -> tuple[Ints, Ints]:
    """Draw whole groups, so that each class has its share; a mixed group counts for its rarest.

    The same rows in another order are divided in the same way.
    """
    if ask.by != SAME_FEATURES and not data.has(ask.by):
        raise CaseStudyError(
            f"The {data.name} data have no column {ask.by!r} to group by.",
            why=f"There is 'features', and the columns are {', '.join(data.frame.columns[-8:])}.",
            next_step="Group by one of those.",
        )
    frame = data.frame
    if ask.by == SAME_FEATURES:
        keys = np.unique(row_hashes(frame[list(data.features)]), return_inverse=True)[1]
    else:
        keys = pd.factorize(frame[ask.by], sort=True, use_na_sentinel=False)[0]
    rarity = frame[LABEL].map(frame[LABEL].value_counts())
    rows = pd.DataFrame({"group": keys, "label": frame[LABEL], "rarity": rarity})
    rows = rows.sort_values(["rarity", "label"], kind="stable")
    groups = rows.groupby("group").agg(label=("label", "first"), size=("label", "size"))
    # A permutation of whole groups, then of each class the first ones until it has its share.
    groups = groups.iloc[np.random.default_rng(ask.seed).permutation(len(groups))]
    by_label = groups.groupby("label", sort=True)["size"]
    reached = (by_label.cumsum() - groups["size"] / 2) / by_label.transform("sum")
    out = np.zeros(len(groups), dtype=bool)
    out[groups.index] = (reached <= ask.share).to_numpy()
    return np.flatnonzero(~out[keys]), np.flatnonzero(out[keys])


def _official(data: Dataset, ask: _Ask) -> tuple[Ints, Ints]:
    parts = set(data.frame[PART]) if data.has(PART) else set()
    if parts != {"train", "test"}:
        raise CaseStudyError(
            f"The {data.name} data at hand have no published split.",
            why="Only the two partitions of UNSW-NB15, both whole (175,341 and 82,332 rows), are "
            f"one; here are {len(data):,} rows.",
            next_step="Load a folder that holds both, or use 'groups' or 'time'.",
        )
    test = (data.frame[PART] == "test").to_numpy()
    return np.flatnonzero(~test), np.flatnonzero(test)


_RULES: dict[str, Callable[[Dataset, _Ask], tuple[Ints, Ints]]] = {
    "time": _by_time,
    "groups": _by_groups,
    "official": _official,
    "order": _by_order,
}


def _refuse_one_class(data: Dataset, rows: Ints, part: str) -> None:
    attacks = int(data.frame[ATTACK].iloc[rows].sum())
    if attacks in (0, len(rows)):
        only = "attacks" if attacks else "benign rows"
        raise CaseStudyError(
            f"The {part} part would have {f'only {only}' if len(rows) else 'no rows'}.",
            why="Nothing can be learned or judged from one class; the data hold "
            f"{int(data.frame[ATTACK].sum()):,} attacks in {len(data):,} rows.",
            next_step="Use more rows, other shares, or another split.",
        )


def _parameters(method: str, ask: _Ask, valid: float) -> dict[str, Any]:
    found: dict[str, Any] = {"valid": valid}
    if method != "official":
        found["test"] = ask.share
    if method in ("groups", "official"):
        found |= {"seed": ask.seed, "by": ask.by}
    return found


def _identity(
    data: Dataset, method: str, parameters: dict[str, Any], parts: tuple[Ints, ...]
) -> str:
    digest = hashlib.sha256(json.dumps([method, parameters], sort_keys=True).encode())
    hashes = row_hashes(data.frame[[*data.features, LABEL]])
    for rows in parts:
        digest.update(f"|{len(rows)}|".encode())
        # In the order of their values: a part is a set of rows, wherever they stood in the file.
        digest.update(np.sort(hashes[rows]).astype("<u8").tobytes())
    return digest.hexdigest()[:16]


def row_hashes(frame: pd.DataFrame) -> Any:
    """64 bits per row, the same for rows with the same values; 0.0 and -0.0 are one value."""
    numeric = frame.select_dtypes("number")
    return pd.util.hash_pandas_object(frame.assign(**(numeric + 0.0)), index=False).to_numpy()
