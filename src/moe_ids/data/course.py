"""Load the course's own flows, in one of their two views."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from moe_ids.data.dataset import (
    ATTACK,
    HOST,
    LABEL,
    PORT,
    SESSION,
    START,
    STEALTH,
    TIME,
    Dataset,
)
from moe_ids.data.tables import (
    data_files,
    numbers,
    one_of,
    read_table,
    require_columns,
    texts,
)
from moe_ids.flows import COLUMNS, LABELS
from moe_ids.flows.views import CICIDS_COLUMNS, UNSW_NUMBERS, UNSW_TEXTS, cicids_view, unsw_view

#: Columns a file may lack: what was done is known where flows are made, not where they are seen.
_ABOUT_TRUTH = ("session", "stealth", "label")
_COUNTS = ("end_us", "duration_us", "port", "fwd_packets", "bwd_packets", "fwd_bytes", "bwd_bytes")
_MICRO = 1e6
_LAST_PORT = 65_535
_View: TypeAlias = tuple[
    tuple[str, ...], tuple[str, ...], Callable[[pd.DataFrame], pd.DataFrame], str
]
#: Of each view: numeric and categorical features, the view, and its name of the destination port.
_VIEWS: dict[str, _View] = {
    "cicids": (CICIDS_COLUMNS, (), cicids_view, "Destination Port"),
    "unsw": (UNSW_NUMBERS, UNSW_TEXTS, unsw_view, "dsport"),
}


def load_flows(path: Path, *, view: str, labelled: bool = True, with_port: bool = False) -> Dataset:
    """Load a file, or a folder of files, made by ``python -m moe_ids.data make``.

    Args:
        path: a file or a folder. Files are taken as one capture, in the order of their names.
        view: "cicids" or "unsw": which real data set the features look like.
        labelled: whether the labels are wanted; without, a file need not have any.
        with_port: make the destination port a feature; a port says which attack tool was used
            here and generalises badly.

    Returns:
        Rows in the order of ``time``.

    Raises:
        CaseStudyError: a file is not what it should be; names file, row and column.
    """
    frame = pd.concat([_checked(one, labelled) for one in data_files(path)], ignore_index=True)
    notes = []
    if not frame["end_us"].is_monotonic_increasing:
        frame = frame.sort_values("end_us", kind="stable", ignore_index=True)
        notes.append("The rows were not in the order of end_us; they were sorted.")
    numeric, categorical, make, port = _VIEWS[view]
    columns = make(frame).astype(dict.fromkeys(numeric, np.float32))
    notes += _notes(columns)
    if with_port:
        columns[port] = frame["port"].astype(np.float32)
        numeric = (*numeric, port)
    about = _about(frame, labelled)
    return Dataset(
        name="flows" if view == "cicids" else "flows-unsw",
        frame=pd.concat([columns, about], axis=1),
        numeric=numeric,
        categorical=categorical,
        classes=LABELS,
        notes=tuple(notes),
    )


def _checked(path: Path, labelled: bool) -> pd.DataFrame:
    table = read_table(path)
    needed = [name for name in COLUMNS if name not in _ABOUT_TRUTH]
    require_columns(table, [*needed, "label"] if labelled else needed)
    columns = numbers(table, _COUNTS)
    for name, values in columns.items():
        least = 1 if name == "fwd_packets" else 0
        table.refuse(values.isna(), name, "is missing")
        table.refuse(values % 1 != 0, name, "is not a whole number")
        table.refuse(values < least, name, f"is below {least}")
    table.refuse(columns["port"] > _LAST_PORT, "port", "is no port")
    frame = pd.DataFrame({name: values.astype(np.int64) for name, values in columns.items()})
    for name, letter in (("host", "h"), ("server", "s")):
        frame[name] = texts(table, [name])[name]
        good = frame[name].str.fullmatch(rf"{letter}\d+").fillna(False).astype(bool)
        table.refuse(~good, name, f"is not {letter} and a number")
    frame["protocol"] = one_of(table, "protocol", ("tcp", "udp"))
    if labelled:
        frame["label"] = one_of(table, "label", LABELS)
    for name in ("session", "stealth"):
        if labelled and name in table.frame:
            frame[name] = numbers(table, [name])[name].astype(np.int64)
    return frame


def _about(frame: pd.DataFrame, labelled: bool) -> pd.DataFrame:
    about = pd.DataFrame(
        {
            HOST: frame["host"],
            PORT: frame["port"],
            TIME: frame["end_us"] / _MICRO,
            START: (frame["end_us"] - frame["duration_us"]) / _MICRO,
        }
    )
    if labelled:
        about.insert(0, ATTACK, (frame["label"] != LABELS[0]).astype(np.int64))
        about.insert(1, LABEL, frame["label"])
    for name in (SESSION, STEALTH):
        if name in frame:
            about[name] = frame[name]
    return about


def _notes(columns: pd.DataFrame) -> list[str]:
    rates = [name for name in ("Flow Bytes/s", "Flow Packets/s") if name in columns]
    found = int((columns[rates] == np.inf).sum().sum())
    return [f"{found:,} infinite rates, of flows without duration, were kept."] if found else []
