"""Two views of the same flows: with the columns of CICIDS2017, and with those of UNSW-NB15.

Each view has those columns of the real files that the flows can fill, under the published names
and in the published units, with the quirks of the real files. A view adds nothing that is not in
the flows: the deviations of packet lengths, for example, are what the two mean lengths imply.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats: TypeAlias = npt.NDArray[np.float64]

_MICRO = 1e6
#: What operating systems announce as their first TCP window, in bytes; a host keeps one.
_WINDOWS = np.array([8_192, 29_200, 64_240, 65_535])
_NO_WINDOW = -1
_SERVICES = {21: "ftp", 22: "ssh", 25: "smtp", 53: "dns", 80: "http", 443: "ssl"}
#: How many flows back the counts of UNSW-NB15 look.
RECENT = 100
CICIDS_COLUMNS = (
    "Flow Duration", "Total Fwd Packets", "Total Backward Packets",
    "Total Length of Fwd Packets", "Total Length of Bwd Packets", "Fwd Packet Length Mean",
    "Bwd Packet Length Mean", "Flow Bytes/s", "Flow Packets/s", "Flow IAT Mean", "Fwd IAT Mean",
    "Bwd IAT Mean", "Fwd Packets/s", "Bwd Packets/s", "Packet Length Mean", "Packet Length Std",
    "Packet Length Variance", "Down/Up Ratio", "Average Packet Size", "Init_Win_bytes_forward",
    "Init_Win_bytes_backward",
)  # fmt: skip
UNSW_NUMBERS = (
    "dur", "spkts", "dpkts", "sbytes", "dbytes", "rate", "sload", "dload", "sinpkt", "dinpkt",
    "swin", "dwin", "smean", "dmean", "ct_srv_src", "ct_srv_dst", "ct_dst_ltm", "ct_src_ltm",
    "ct_src_dport_ltm", "ct_dst_src_ltm",
)  # fmt: skip
UNSW_TEXTS = ("proto", "service", "state")


def cicids_view(flows: pd.DataFrame) -> pd.DataFrame:
    """The columns ``CICIDS_COLUMNS`` of flows.

    As in the real files, a flow without duration has infinite rates (or none, NaN, if it carried
    no byte), and a window is -1 where there is none: in both directions on dns and other udp, and
    backward where no packet came back.

    Args:
        flows: with the columns ``moe_ids.flows.COLUMNS``.

    Returns:
        A row per flow, in the same order. Durations and inter-arrival times are in microseconds,
        lengths in bytes, rates per second.
    """
    forward, backward = _numbers(flows, "fwd_packets"), _numbers(flows, "bwd_packets")
    out, back = _numbers(flows, "fwd_bytes"), _numbers(flows, "bwd_bytes")
    duration = _numbers(flows, "duration_us")
    packets, total = forward + backward, out + back
    out_mean, back_mean = out / forward, _ratio(back, backward)
    variance = forward * backward * (out_mean - back_mean) ** 2 / packets**2
    window, reply_window = _windows(flows)
    with np.errstate(divide="ignore", invalid="ignore"):
        per_second = _MICRO / duration
        columns = {
            "Flow Duration": duration,
            "Total Fwd Packets": forward,
            "Total Backward Packets": backward,
            "Total Length of Fwd Packets": out,
            "Total Length of Bwd Packets": back,
            "Fwd Packet Length Mean": out_mean,
            "Bwd Packet Length Mean": back_mean,
            "Flow Bytes/s": total * per_second,
            "Flow Packets/s": packets * per_second,
            "Flow IAT Mean": _ratio(duration, packets - 1),
            "Fwd IAT Mean": _ratio(duration, forward - 1),
            "Bwd IAT Mean": _ratio(duration, backward - 1),
            "Fwd Packets/s": _ratio(forward * _MICRO, duration),
            "Bwd Packets/s": _ratio(backward * _MICRO, duration),
            "Packet Length Mean": total / packets,
            "Packet Length Std": np.sqrt(variance),
            "Packet Length Variance": variance,
            "Down/Up Ratio": np.floor(backward / forward),
            "Average Packet Size": total / packets,
            "Init_Win_bytes_forward": window,
            "Init_Win_bytes_backward": reply_window,
        }
    return pd.DataFrame(columns, index=flows.index)


def unsw_view(flows: pd.DataFrame) -> pd.DataFrame:
    """The columns ``UNSW_NUMBERS`` and ``UNSW_TEXTS`` of flows.

    The ``ct_`` columns count, among a flow and the ``RECENT - 1`` before it, those that share
    with it what the name says; so this view lets a table see a little of time. As in the real
    files, the service is "-" where the port names none, and rates are 0 without duration.

    Args:
        flows: with the columns ``moe_ids.flows.COLUMNS``, in the order of ``end_us``.

    Returns:
        A row per flow, in the same order. ``dur`` is in seconds, inter-arrival times in
        milliseconds, loads in bits and rates in packets per second, lengths in bytes.
    """
    forward, backward = _numbers(flows, "fwd_packets"), _numbers(flows, "bwd_packets")
    out, back = _numbers(flows, "fwd_bytes"), _numbers(flows, "bwd_bytes")
    seconds = _numbers(flows, "duration_us") / _MICRO
    window, reply_window = _windows(flows)
    service = flows["port"].map(_SERVICES).fillna("-")
    tcp = flows["protocol"] == "tcp"
    answered = np.where(forward + backward <= 3, "RST", "FIN")
    columns = {
        "dur": seconds,
        "spkts": forward,
        "dpkts": backward,
        "sbytes": out,
        "dbytes": back,
        "rate": _ratio(forward + backward - 1, seconds),
        "sload": _ratio(8 * out, seconds),
        "dload": _ratio(8 * back, seconds),
        "sinpkt": _ratio(1000 * seconds, forward - 1),
        "dinpkt": _ratio(1000 * seconds, backward - 1),
        "swin": np.maximum(window, 0),
        "dwin": np.maximum(reply_window, 0),
        "smean": np.rint(out / forward),
        "dmean": np.rint(_ratio(back, backward)),
        "ct_srv_src": _recent(flows["host"], service),
        "ct_srv_dst": _recent(flows["server"], service),
        "ct_dst_ltm": _recent(flows["server"]),
        "ct_src_ltm": _recent(flows["host"]),
        "ct_src_dport_ltm": _recent(flows["host"], flows["port"]),
        "ct_dst_src_ltm": _recent(flows["server"], flows["host"]),
        "proto": flows["protocol"],
        "service": service,
        "state": np.where(backward == 0, "INT", np.where(tcp, answered, "CON")),
    }
    return pd.DataFrame(columns, index=flows.index)


def _numbers(flows: pd.DataFrame, column: str) -> Floats:
    return flows[column].to_numpy(dtype=np.float64)


def _ratio(top: Floats, bottom: Floats) -> Floats:
    """top / bottom, and 0 where the bottom is not above 0."""
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _windows(flows: pd.DataFrame) -> tuple[Floats, Floats]:
    """First TCP window of each side, in bytes."""
    tcp = flows["protocol"].to_numpy() == "tcp"
    sides = []
    for column, there in (("host", tcp), ("server", tcp & (flows["bwd_packets"] > 0).to_numpy())):
        number = flows[column].str[1:].astype(int).to_numpy()
        sides.append(np.where(there, _WINDOWS[number % len(_WINDOWS)], _NO_WINDOW).astype(float))
    return sides[0], sides[1]


def _recent(*keys: pd.Series) -> Floats:
    """Among a flow and the RECENT - 1 before it, those with the same keys; itself included."""
    group = pd.DataFrame({str(i): key.to_numpy() for i, key in enumerate(keys)})
    codes = group.groupby(list(group.columns), sort=False).ngroup().to_numpy()
    order = np.argsort(codes, kind="stable")
    # In this order, positions of one group stand together and ascend: one search finds how many
    # of them are recent enough.
    place = codes[order] * (len(codes) + RECENT) + order
    since = np.searchsorted(place, place - (RECENT - 1))
    counts = np.empty(len(codes))
    counts[order] = np.arange(len(codes)) - since + 1
    return counts
