"""Load CICIDS2017 as it was published, with everything that is odd about its files.

Sharafaldin, Lashkari, Ghorbani: Toward Generating a New Intrusion Detection Dataset and Intrusion
Traffic Characterization (ICISSP 2018). Both forms are read: MachineLearningCVE (features and
label) and TrafficLabelling (also addresses and times). Engelen et al. (2021, doi
10.1109/SPW53761.2021.00009) describe faults in how these flows were cut and labelled.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from moe_ids.data.dataset import ATTACK, HOST, LABEL, PORT, PUBLISHED, START, TIME, Dataset
from moe_ids.data.tables import (
    Table,
    data_files,
    numbers,
    read_table,
    require_columns,
    texts,
)

_PORT = "Destination Port"
_RATES = ("Flow Bytes/s", "Flow Packets/s")
#: The features in their published order, each after its unit.
_FEATURES = """
    microseconds  Flow Duration
    packets       Total Fwd Packets; Total Backward Packets
    bytes         Total Length of Fwd Packets; Total Length of Bwd Packets; Fwd Packet Length Max;
                  Fwd Packet Length Min; Fwd Packet Length Mean; Fwd Packet Length Std;
                  Bwd Packet Length Max; Bwd Packet Length Min; Bwd Packet Length Mean;
                  Bwd Packet Length Std
    per-second    Flow Bytes/s; Flow Packets/s
    microseconds  Flow IAT Mean; Flow IAT Std; Flow IAT Max; Flow IAT Min; Fwd IAT Total;
                  Fwd IAT Mean; Fwd IAT Std; Fwd IAT Max; Fwd IAT Min; Bwd IAT Total;
                  Bwd IAT Mean; Bwd IAT Std; Bwd IAT Max; Bwd IAT Min
    packets       Fwd PSH Flags; Bwd PSH Flags; Fwd URG Flags; Bwd URG Flags
    bytes         Fwd Header Length; Bwd Header Length
    per-second    Fwd Packets/s; Bwd Packets/s
    bytes         Min Packet Length; Max Packet Length; Packet Length Mean; Packet Length Std
    bytes^2       Packet Length Variance
    packets       FIN Flag Count; SYN Flag Count; RST Flag Count; PSH Flag Count; ACK Flag Count;
                  URG Flag Count; CWE Flag Count; ECE Flag Count
    ratio         Down/Up Ratio
    bytes         Average Packet Size; Avg Fwd Segment Size; Avg Bwd Segment Size
    bytes         Fwd Avg Bytes/Bulk
    packets       Fwd Avg Packets/Bulk
    per-second    Fwd Avg Bulk Rate
    bytes         Bwd Avg Bytes/Bulk
    packets       Bwd Avg Packets/Bulk
    per-second    Bwd Avg Bulk Rate
    packets       Subflow Fwd Packets
    bytes         Subflow Fwd Bytes
    packets       Subflow Bwd Packets
    bytes         Subflow Bwd Bytes; Init_Win_bytes_forward; Init_Win_bytes_backward
    packets       act_data_pkt_fwd
    bytes         min_seg_size_forward
    microseconds  Active Mean; Active Std; Active Max; Active Min; Idle Mean; Idle Std; Idle Max;
                  Idle Min
"""


def _units(table: str) -> dict[str, str]:
    units: dict[str, str] = {}
    unit = ""
    for line in table.strip().splitlines():
        first, _, rest = line.strip().partition("  ")
        names = rest if rest else first
        unit = first if rest else unit
        units |= {name.strip(): unit for name in names.split(";") if name.strip()}
    return units


#: Every feature but the destination port, in published order, and its unit.
UNITS = _units(_FEATURES)
CLASSES = ("BENIGN", "DoS", "PortScan", "BruteForce", "WebAttack", "Bot", "Infiltration")
#: Published names of classes, and the class to learn. What is between the words differs from copy
#: to copy (a dash of three kinds, or what became of it), so labels are compared by words alone.
_PUBLISHED = {
    "BENIGN": "BENIGN",
    "Normal Traffic": "BENIGN",
    "DoS Hulk": "DoS",
    "DoS GoldenEye": "DoS",
    "DoS slowloris": "DoS",
    "DoS Slowhttptest": "DoS",
    "DoS": "DoS",
    "DDoS": "DoS",
    "Heartbleed": "DoS",
    "FTP-Patator": "BruteForce",
    "SSH-Patator": "BruteForce",
    "Brute Force": "BruteForce",
    "Web Attack - Brute Force": "WebAttack",
    "Web Attack - XSS": "WebAttack",
    "Web Attack - Sql Injection": "WebAttack",
    "Web Attacks": "WebAttack",
    "PortScan": "PortScan",
    "Port Scanning": "PortScan",
    "Bot": "Bot",
    "Bots": "Bot",
    "Infiltration": "Infiltration",
}
#: The capture ran from 8 to 18 o'clock, on a twelve-hour clock without "pm".
_FIRST_HOUR = 8
_TIME_FORMATS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M")


def load_cicids2017(path: Path, *, labelled: bool = True, with_port: bool = False) -> Dataset:
    """Load CICIDS2017 from a file or a folder of files, CSV or parquet.

    Leading blanks and the second ``Fwd Header Length`` are dropped, rows without any value (a
    TrafficLabelling file ends in 288,602 of them) are left out, infinite rates and negative
    durations are kept. ``label`` groups the published classes into seven; the published name is
    in ``published_label``. Where addresses and times are known, there are ``host``, ``start``,
    ``time`` and ``port``, and rows are in the order of ``time``.

    Args:
        path: a file or a folder.
        labelled: whether the labels are wanted; without, a file need not have any.
        with_port: make the destination port a feature. It names the victim's service, which in
            this capture nearly names the attack.

    Raises:
        CaseStudyError: a file is not what it should be; names file, row and column.
    """
    parts = [_checked(read_table(one), labelled, with_port) for one in data_files(path)]
    # A column that only some files have says which file a row is from, no more.
    common = [name for name in parts[0] if all(name in part for part in parts)]
    frame = pd.concat([part[common] for part in parts], ignore_index=True)
    numeric = (*((_PORT,) if with_port else ()), *UNITS)
    if START in frame:
        frame[START] = (frame[START] - frame[START].min()).dt.total_seconds()
        lasted = frame["Flow Duration"].clip(lower=0).fillna(0).astype(np.float64) / 1e6
        frame[TIME] = frame[START] + lasted
        frame = frame.sort_values(TIME, kind="stable", ignore_index=True)
    return Dataset("cicids2017", frame, numeric, (), CLASSES, _notes(frame, numeric))


def _checked(table: Table, labelled: bool, with_port: bool) -> pd.DataFrame:
    wanted = [*((_PORT,) if with_port else ()), *UNITS]
    require_columns(table, [*wanted, "Label"] if labelled else wanted)
    columns = numbers(table, wanted, infinite=_RATES)
    frame = pd.DataFrame({name: values.astype(np.float32) for name, values in columns.items()})
    if labelled:
        published = _labels(table)
        frame[LABEL] = published.map(_PUBLISHED)
        frame[PUBLISHED] = published
        frame[ATTACK] = (frame[LABEL] != CLASSES[0]).astype(np.int64)
    if "Timestamp" in table.frame and "Source IP" in table.frame:
        frame[HOST] = texts(table, ["Source IP"])["Source IP"]
        frame[START] = _times(table)
        frame[PORT] = numbers(table, [_PORT])[_PORT].fillna(-1).astype(np.int64)
    return frame


def _labels(table: Table) -> pd.Series:
    """The published name of each row's class."""
    given = texts(table, ["Label"])["Label"]
    table.refuse(given.isna(), "Label", "is missing")
    names = {_words(name): name for name in _PUBLISHED}
    known = {label: names.get(_words(label)) for label in given.unique()}
    published = given.map(known)
    table.refuse(published.isna(), "Label", "is no class of CICIDS2017")
    return published


def _words(label: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", label.lower()))


def _times(table: Table) -> pd.Series:
    given = table.frame["Timestamp"].astype("str").str.strip()
    times = pd.Series(pd.NaT, index=given.index, dtype="datetime64[us]")
    for form in _TIME_FORMATS:
        times = times.fillna(pd.to_datetime(given, format=form, errors="coerce"))
    table.refuse(times.isna(), "Timestamp", "is no time like 5/7/2017 8:42")
    return times.mask(times.dt.hour < _FIRST_HOUR, times + pd.Timedelta(hours=12))


def _notes(frame: pd.DataFrame, numeric: tuple[str, ...]) -> tuple[str, ...]:
    infinite = int(np.isinf(frame[list(_RATES)].to_numpy()).sum())
    negative = int((frame["Flow Duration"] < 0).sum())
    empty = frame[list(numeric)].isna()
    found = [
        (infinite, f"{infinite:,} infinite rates, of flows without duration, were kept."),
        (negative, f"{negative:,} negative durations were kept."),
        (
            int(empty.to_numpy().sum()),
            f"{int(empty.any(axis=1).sum()):,} rows lack values, in {int(empty.any().sum())} "
            "columns; which rows these are can give away where a row is from.",
        ),
    ]
    return tuple(sentence for count, sentence in found if count)
