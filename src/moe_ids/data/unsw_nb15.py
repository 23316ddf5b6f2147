"""Load UNSW-NB15: the two published partitions, or the four raw files without header.

Moustafa, Slay: UNSW-NB15: a comprehensive data set for network intrusion detection systems
(MilCIS 2015, doi 10.1109/MilCIS.2015.7348942). The partitions are distributed under swapped names:
the 175,341 rows to train on, by the authors' count, are in UNSW_NB15_testing-set.csv in most
copies. So the number of rows decides here, never the name.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from moe_ids.data.dataset import ATTACK, HOST, LABEL, PART, PORT, START, TIME, Dataset
from moe_ids.data.tables import Table, data_files, numbers, read_table, require_columns, texts
from moe_ids.errors import CaseStudyError

#: Numeric features in the order of the partitions, and their units.
UNITS = {
    "dur": "seconds",
    "spkts": "packets",
    "dpkts": "packets",
    "sbytes": "bytes",
    "dbytes": "bytes",
    "rate": "packets per second",
    "sttl": "hops",
    "dttl": "hops",
    "sload": "bits per second",
    "dload": "bits per second",
    "sloss": "packets",
    "dloss": "packets",
    "sinpkt": "milliseconds",
    "dinpkt": "milliseconds",
    "sjit": "milliseconds",
    "djit": "milliseconds",
    "swin": "TCP window, as announced",
    "stcpb": "TCP sequence number",
    "dtcpb": "TCP sequence number",
    "dwin": "TCP window, as announced",
    "tcprtt": "seconds",
    "synack": "seconds",
    "ackdat": "seconds",
    "smean": "bytes",
    "dmean": "bytes",
    "trans_depth": "requests",
    "response_body_len": "bytes",
    "ct_srv_src": "flows among the last 100",
    "ct_state_ttl": "class of state and ttl",
    "ct_dst_ltm": "flows among the last 100",
    "ct_src_dport_ltm": "flows among the last 100",
    "ct_dst_sport_ltm": "flows among the last 100",
    "ct_dst_src_ltm": "flows among the last 100",
    "is_ftp_login": "0 or 1 by its definition, up to 4 in the files",
    "ct_ftp_cmd": "commands",
    "ct_flw_http_mthd": "requests",
    "ct_src_ltm": "flows among the last 100",
    "ct_srv_dst": "flows among the last 100",
    "is_sm_ips_ports": "0 or 1",
}
TEXTS = ("proto", "service", "state")
CLASSES = (
    "Normal", "Generic", "Exploits", "Fuzzers", "DoS", "Reconnaissance", "Analysis", "Backdoor",
    "Shellcode", "Worms",
)  # fmt: skip
_RAW_COLUMNS = (
    "srcip", "sport", "dstip", "dsport", "proto", "state", "dur", "sbytes", "dbytes", "sttl",
    "dttl", "sloss", "dloss", "service", "sload", "dload", "spkts", "dpkts", "swin", "dwin",
    "stcpb", "dtcpb", "smean", "dmean", "trans_depth", "response_body_len", "sjit", "djit",
    "stime", "ltime", "sinpkt", "dinpkt", "tcprtt", "synack", "ackdat", "is_sm_ips_ports",
    "ct_state_ttl", "ct_flw_http_mthd", "is_ftp_login", "ct_ftp_cmd", "ct_srv_src",
    "ct_srv_dst", "ct_dst_ltm", "ct_src_ltm", "ct_src_dport_ltm", "ct_dst_sport_ltm",
    "ct_dst_src_ltm", "attack_cat", "label",
)  # fmt: skip
#: What the description of the raw files calls columns of the partitions.
_OTHER_NAMES = {
    "smeansz": "smean",
    "dmeansz": "dmean",
    "res_bdy_len": "response_body_len",
    "sintpkt": "sinpkt",
    "dintpkt": "dinpkt",
    "ct_src_ ltm": "ct_src_ltm",
}
#: Empty in a raw file where there was no such thing to count.
_COUNTS_LEFT_EMPTY = ("is_ftp_login", "ct_ftp_cmd", "ct_flw_http_mthd")
_NO_DATA = ("nusw-nb15_features.csv", "nusw-nb15_gt.csv", "unsw-nb15_list_events.csv")
_PARTS = {175_341: "train", 82_332: "test"}


def load_unsw_nb15(path: Path, *, labelled: bool = True, with_port: bool = False) -> Dataset:
    """Load UNSW-NB15 from a file or a folder of files, CSV or parquet.

    ``id`` and addresses are no features. Where a file is a whole partition, ``part`` says which.
    Raw files also give ``host``, ``start``, ``time`` and ``port``, and rows are in the order of
    ``time`` (whole seconds; within one, in the order of the file).

    Args:
        path: a file or a folder; descriptions that the publisher put beside the data are passed
            over.
        labelled: whether the labels are wanted; without, a file need not have any.
        with_port: make the destination port a feature; raw files only.

    Raises:
        CaseStudyError: a file is not what it should be; names file, row and column.
    """
    tables = [_read(one) for one in data_files(path, leave_out=_NO_DATA)]
    kinds = {_is_raw(table) for table in tables}
    if len(kinds) > 1:
        raise CaseStudyError(
            f"{path} holds raw files and partitions.",
            why="The partitions are a selection of the raw rows; together, rows would be twice in.",
            next_step="Name a folder with one kind, or a single file.",
        )
    raw = kinds.pop()
    if with_port and not raw:
        raise CaseStudyError(
            "The partitions of UNSW-NB15 have no destination port.",
            why="Addresses and ports are in the raw files only.",
            next_step="Leave the option away, or use the raw files.",
        )
    frame = pd.concat([_checked(table, labelled, raw) for table in tables], ignore_index=True)
    numeric = tuple(UNITS)
    if raw:
        frame = _in_time(frame)
        if with_port:
            frame["dsport"] = frame[PORT].astype(np.float32)
            numeric = (*numeric, "dsport")
    return Dataset("unsw_nb15", frame, numeric, TEXTS, CLASSES, _notes(frame, labelled))


def _read(path: Path) -> Table:
    table = read_table(path, None if _has_header(path) else _RAW_COLUMNS)
    frame = table.frame.rename(columns=str.lower).rename(columns=_OTHER_NAMES)
    return table.having(frame)


def _has_header(path: Path) -> bool:
    if path.suffix.lower() == ".parquet":
        return True
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return any(word.strip().lower() == "dur" for word in file.readline().split(","))


def _is_raw(table: Table) -> bool:
    return "srcip" in table.frame and "stime" in table.frame


def _checked(table: Table, labelled: bool, raw: bool) -> pd.DataFrame:
    frame = table.frame
    if raw:
        frame = frame.assign(rate=0.0)
        for name in _COUNTS_LEFT_EMPTY:
            blank = frame[name].astype("str").str.strip() == ""
            frame[name] = frame[name].mask(blank).fillna(0)
        table = table.having(frame)
    require_columns(table, [*UNITS, *TEXTS, *(("label", "attack_cat") if labelled else ())])
    columns = numbers(table, list(UNITS))
    if raw:
        # The partitions' own formula: packets after the first, per second.
        packets = columns["spkts"] + columns["dpkts"] - 1
        columns["rate"] = (packets / columns["dur"]).where(columns["dur"] > 0, 0.0)
    found = pd.DataFrame({name: values.astype(np.float32) for name, values in columns.items()})
    found = found.assign(**texts(table, TEXTS))
    if labelled:
        found[LABEL] = _classes(table)
        found[ATTACK] = (found[LABEL] != CLASSES[0]).astype(np.int64)
    if raw:
        found[HOST] = texts(table, ["srcip"])["srcip"]
        found[PORT] = _ports(table)
        found = found.assign(**_times(table))
    elif len(found) in _PARTS:
        found[PART] = _PARTS[len(found)]
    return found


def _classes(table: Table) -> pd.Series:
    """The class of each row; raw files leave it empty for normal traffic, and spell one twice."""
    given = table.frame["attack_cat"].astype("str").str.strip()
    classes = given.mask(given.isna() | (given == ""), "Normal").replace("Backdoors", "Backdoor")
    attack = numbers(table, ["label"])["label"]
    table.refuse(~classes.isin(CLASSES), "attack_cat", "is no class of UNSW-NB15")
    table.refuse(attack.isna(), "label", "is missing")
    table.refuse((classes != CLASSES[0]) != (attack != 0), "label", "contradicts attack_cat")
    return classes


def _ports(table: Table) -> pd.Series:
    """Destination ports; some are hexadecimal in the raw files, some are "-"."""
    given = table.frame["dsport"].astype("str").str.strip().str.lower()
    base_16 = given.str.startswith("0x").fillna(False).astype(bool)
    ports = pd.to_numeric(given.mask(base_16), errors="coerce")
    ports[base_16] = [int(one, 16) for one in given[base_16]]
    return ports.fillna(-1).astype(np.int64)


def _times(table: Table) -> dict[str, pd.Series]:
    found = numbers(table, ["stime", "ltime"])
    for name, values in found.items():
        table.refuse(values.isna(), name, "is missing")
    return {START: found["stime"], TIME: found["ltime"]}


def _in_time(frame: pd.DataFrame) -> pd.DataFrame:
    zero = frame[START].min()
    frame = frame.assign(**{START: frame[START] - zero, TIME: frame[TIME] - zero})
    return frame.sort_values(TIME, kind="stable", ignore_index=True)


def _notes(frame: pd.DataFrame, labelled: bool) -> tuple[str, ...]:
    notes = []
    if TIME not in frame and labelled:
        same = (frame[ATTACK] == frame[ATTACK].shift()).iloc[1:].mean()
        notes.append(f"The row before has the same label in {same:.1%} of the rows.")
    logins = int((frame["is_ftp_login"] > 1).sum())
    if logins:
        notes.append(f"is_ftp_login is above 1 in {logins:,} rows.")
    return tuple(notes)
