"""What every loader returns: one frame with documented columns, and what was found in the files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints: TypeAlias = npt.NDArray[np.int64]

ATTACK, LABEL, PUBLISHED = "attack", "label", "published_label"
HOST, PORT, TIME, START = "host", "port", "time", "start"
SESSION, STEALTH, PART = "session", "stealth", "part"
#: Columns of a frame that are never inputs of a model; all but the first two are there only where
#: the files have them.
ABOUT_ROWS = {
    ATTACK: "1 for an attack, 0 for benign",
    LABEL: "the class to learn, one of Dataset.classes",
    PUBLISHED: "the class as the publisher names it, finer than label",
    HOST: "the source host",
    PORT: "destination port; -1 where the file has none",
    TIME: "when the flow's record could be written: its end, in seconds",
    START: "when the flow began, in seconds on the same clock",
    SESSION: "flows of one piece of work or one attack",
    STEALTH: "1 for an attack flow that looks like a benign one",
    PART: "train or test, where a file is one of two published partitions",
}


@dataclass(frozen=True, slots=True)
class Dataset:
    """Flows to learn from, or to judge.

    Args:
        name: of the data: flows, flows-unsw, cicids2017 or unsw_nb15.
        frame: a row per flow: the features and those of ``ABOUT_ROWS`` that are known. Features
            that are numbers are float32 and may be infinite or NaN.
        numeric: the features that are numbers.
        categorical: the features that are text.
        classes: every class this kind of data can have, the benign one first.
        notes: what was found in the files and how it was handled, a sentence each.
    """

    name: str
    frame: pd.DataFrame
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """The inputs of a model, numbers first."""
        return self.numeric + self.categorical

    def __len__(self) -> int:
        return len(self.frame)

    def has(self, *columns: str) -> bool:
        """Whether the frame has all these columns."""
        return all(column in self.frame for column in columns)

    def take(self, positions: Ints) -> Dataset:
        """The same data with these rows only, in this order."""
        return replace(self, frame=self.frame.iloc[positions].reset_index(drop=True))

    def class_codes(self) -> Ints:
        """The position in ``classes`` of each row's class."""
        return pd.Categorical(self.frame[LABEL], categories=list(self.classes)).codes.astype(
            np.int64
        )
