"""What tests of the case study share: flows, and files in every form the real data sets have."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pandas as pd

from moe_ids.data.cicids2017 import UNITS as CICIDS_UNITS
from moe_ids.data.unsw_nb15 import TEXTS as UNSW_TEXTS
from moe_ids.data.unsw_nb15 import UNITS as UNSW_UNITS
from moe_ids.flows import RECIPES, make_flows, write_flows
from moe_ids.flows.views import cicids_view, unsw_view

#: Rows of the small files: every class is in them.
ROWS = 2_000
#: How the course's classes are called in CICIDS2017.
CICIDS_NAMES = {
    "BENIGN": "BENIGN",
    "DoS": "DoS Hulk",
    "PortScan": "PortScan",
    "BruteForce": "SSH-Patator",
    "WebAttack": "Web Attack \N{EN DASH} XSS",
    "Bot": "Bot",
    "Infiltration": "Infiltration",
}
#: The closest class of UNSW-NB15.
UNSW_NAMES = {
    "BENIGN": "Normal",
    "DoS": "DoS",
    "PortScan": "Reconnaissance",
    "BruteForce": "Generic",
    "WebAttack": "Exploits",
    "Bot": "Backdoor",
    "Infiltration": "Worms",
}
RAW_UNSW_COLUMNS = [
    "srcip", "sport", "dstip", "dsport", "proto", "state", "dur", "sbytes", "dbytes", "sttl",
    "dttl", "sloss", "dloss", "service", "Sload", "Dload", "Spkts", "Dpkts", "swin", "dwin",
    "stcpb", "dtcpb", "smeansz", "dmeansz", "trans_depth", "res_bdy_len", "Sjit", "Djit",
    "Stime", "Ltime", "Sintpkt", "Dintpkt", "tcprtt", "synack", "ackdat", "is_sm_ips_ports",
    "ct_state_ttl", "ct_flw_http_mthd", "is_ftp_login", "ct_ftp_cmd", "ct_srv_src",
    "ct_srv_dst", "ct_dst_ltm", "ct_src_ltm", "ct_src_dport_ltm", "ct_dst_sport_ltm",
    "ct_dst_src_ltm", "attack_cat", "Label",
]  # fmt: skip


@functools.cache
def _flows(version: str) -> pd.DataFrame:
    return make_flows(RECIPES[version].with_rows(ROWS))


def some_flows(version: str = "v1") -> pd.DataFrame:
    """The small file of a version, as a frame."""
    return _flows(version).copy()


def flows_file(folder: Path, flows: pd.DataFrame | None = None) -> Path:
    """A file of flows."""
    path = folder / "flows.csv"
    write_flows(some_flows() if flows is None else flows, path)
    return path


def cicids_table(flows: pd.DataFrame, *, labels: bool = True) -> pd.DataFrame:
    """The columns of MachineLearningCVE, named and ordered as there, but for the blanks."""
    view = cicids_view(flows)
    columns: dict[str, object] = {"Destination Port": flows["port"]}
    for name in CICIDS_UNITS:
        columns[name] = view[name] if name in view else np.zeros(len(flows), dtype=int)
    table = pd.DataFrame(columns)
    place = list(table).index("Fwd Avg Bytes/Bulk")
    table.insert(place, "Fwd Header Length", table["Fwd Header Length"], allow_duplicates=True)
    if labels:
        table["Label"] = flows["label"].map(CICIDS_NAMES)
    return table


def write_cicids(
    path: Path, table: pd.DataFrame, *, encoding: str = "cp1252", end: str = ""
) -> Path:
    """Write a table as CICIDS2017 has it: blanks before most names, "Infinity", a cp1252 dash."""
    names = [name if place % 15 == 1 else f" {name}" for place, name in enumerate(table.columns)]
    text = table.set_axis(names, axis=1).to_csv(index=False, na_rep="NaN", lineterminator="\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((text.replace(",inf", ",Infinity") + end).encode(encoding))
    return path


def traffic_labelling(flows: pd.DataFrame) -> pd.DataFrame:
    """The columns of TrafficLabelling: also addresses and times, in hours of a 12-hour clock."""
    table = cicids_table(flows)
    begin = pd.Timestamp("2017-07-05 11:58:00")
    start = begin + pd.to_timedelta(flows["end_us"] - flows["duration_us"], unit="us")
    hour = (start.dt.hour - 1) % 12 + 1
    times = "5/7/2017 " + hour.astype(str) + ":" + start.dt.minute.astype(str).str.zfill(2)
    about = pd.DataFrame(
        {
            "Flow ID": flows["host"] + "-" + flows["server"],
            "Source IP": "192.0.2." + flows["host"].str[1:].astype(int).astype(str),
            "Source Port": 50_000,
            "Destination IP": "198.51.100." + flows["server"].str[1:].astype(int).astype(str),
        }
    )
    rest = pd.DataFrame(
        {"Protocol": flows["protocol"].map({"tcp": 6, "udp": 17}), "Timestamp": times}
    )
    return pd.concat([about, table.iloc[:, :1], rest, table.iloc[:, 1:]], axis=1)


def unsw_table(flows: pd.DataFrame) -> pd.DataFrame:
    """The columns of a partition of UNSW-NB15, in their order."""
    view = unsw_view(flows)
    columns: dict[str, object] = {"id": np.arange(1, len(flows) + 1)}
    names = list(UNSW_UNITS)
    for name in (names[0], *UNSW_TEXTS, *names[1:]):
        columns[name] = view[name] if name in view else np.zeros(len(flows), dtype=int)
    columns["attack_cat"] = flows["label"].map(UNSW_NAMES)
    columns["label"] = (flows["label"] != "BENIGN").astype(int)
    return pd.DataFrame(columns)


def write_unsw(path: Path, table: pd.DataFrame) -> Path:
    """Write a partition as it is published: with a byte order mark."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, encoding="utf-8-sig")
    return path


def raw_unsw(flows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a raw file of UNSW-NB15, with what is odd about them."""
    table = unsw_table(flows).drop(columns=["id", "rate"])
    table = table.rename(
        columns={"smean": "smeansz", "dmean": "dmeansz", "response_body_len": "res_bdy_len"}
        | {"sinpkt": "Sintpkt", "dinpkt": "Dintpkt", "label": "Label"}
        | {name.lower(): name for name in ("Sload", "Dload", "Spkts", "Dpkts", "Sjit", "Djit")}
    )
    number = flows["host"].str[1:].astype(int).astype(str)
    table["srcip"] = "59.166.0." + number
    table["dstip"] = "149.171.126.1"
    table["sport"] = 1024
    table["dsport"] = flows["port"].astype(str).where(flows["port"] != 22, "0x0016")
    table.loc[0, "dsport"] = "-"
    table["Ltime"] = 1_421_927_414 + flows["end_us"] // 1_000_000
    table["Stime"] = 1_421_927_414 + (flows["end_us"] - flows["duration_us"]) // 1_000_000
    table[["is_ftp_login", "ct_ftp_cmd", "ct_flw_http_mthd"]] = " "
    spelled = {"Normal": "", "Reconnaissance": " Reconnaissance ", "Backdoor": "Backdoors"}
    table["attack_cat"] = table["attack_cat"].replace(spelled)
    return table[RAW_UNSW_COLUMNS]


def write_raw_unsw(path: Path, table: pd.DataFrame) -> Path:
    """Write a raw file: no header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, header=False, encoding="utf-8-sig")
    return path
