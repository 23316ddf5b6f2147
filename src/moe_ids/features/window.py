"""The flows a host sent before: what a single flow cannot show.

A window looks back only. Its order is that of ``time``, when a flow's record could be written: a
flow that began earlier but still runs has no known features yet, and is not in the window.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from moe_ids.data.dataset import HOST, PORT, START, TIME, Dataset
from moe_ids.errors import CaseStudyError
from moe_ids.features.preprocess import Floats, Ints, signed_log1p

#: The position of a flow that is not there: the host had sent fewer.
NO_FLOW = -1
#: What a window holds for each earlier flow after the differences of its features.
EXTRA_CHANNELS = ("log_gap", "same_port", "there")


def previous_flows(host: npt.ArrayLike, time: npt.ArrayLike, length: int) -> Ints:
    """The last flows of the same host before each flow.

    Args:
        host: of each row.
        time: of each row; of rows at the same time the first comes first.
        length: how many flows to look back.

    Returns:
        (rows, length) positions of rows, the latest last, ``NO_FLOW`` in front where there are
        fewer.
    """
    codes = pd.factorize(np.asarray(host))[0]
    times = np.asarray(time)
    order = np.lexsort((np.arange(len(codes)), times, codes))
    in_order = codes[order]
    first = np.searchsorted(in_order, in_order)
    back = np.arange(len(codes))[:, None] - np.arange(length, 0, -1)
    found = np.where(back >= first[:, None], order[np.maximum(back, 0)], NO_FLOW)
    positions = np.empty((len(codes), length), dtype=np.int64)
    positions[order] = found
    return positions


def history(data: Dataset, length: int) -> Ints:
    """The last flows of the same host before each flow of a data set.

    Args:
        data: with hosts and times.
        length: how many flows to look back.

    Returns:
        As :func:`previous_flows`.

    Raises:
        CaseStudyError: the data do not say which host sent a flow, and when.
    """
    if not data.has(HOST, TIME, START):
        raise CaseStudyError(
            f"The {data.name} data at hand have no history.",
            why="No column says which host sent a flow, and when; the rows above a row in the file "
            "are not its past.",
            next_step="Use the course's flows, TrafficLabelling files of CICIDS2017 or raw files "
            "of UNSW-NB15; or an expert that needs no history.",
        )
    return previous_flows(data.frame[HOST], data.frame[TIME], length)


def narrow_window(
    numbers: Floats, data: Dataset, earlier: Ints, rows: Ints | None = None
) -> Floats:
    """How each earlier flow differs from the flow at hand; not what either looks like.

    With levels instead of differences, an expert on windows learns what the tabular expert knows
    already.

    Args:
        numbers: (all rows, columns) as ``Preprocessor.transform`` gives them.
        data: the same rows, with hosts and times.
        earlier: what :func:`history` gave for them.
        rows: positions of the rows wanted; all unless given. All rows at once take
            rows * length * (columns + 3) * 4 bytes.

    Returns:
        (rows wanted, length, columns + 3). The channels are the differences (earlier less
        current), then ``EXTRA_CHANNELS``: log(1 + gap) of the seconds between the two starts (its
        sign is that of the gap), whether the destination port is the same (0 where ports are not
        known), and 1 where there is an earlier flow. Where there is none, all are 0.
    """
    wanted = np.arange(len(numbers)) if rows is None else rows
    before = earlier[wanted]
    there = before != NO_FLOW
    place = np.where(there, before, 0)
    start = data.frame[START].to_numpy()
    out = np.zeros((*before.shape, numbers.shape[1] + len(EXTRA_CHANNELS)), dtype=np.float32)
    out[..., : -len(EXTRA_CHANNELS)] = numbers[place] - numbers[wanted][:, None, :]
    out[..., -3] = signed_log1p(start[wanted][:, None] - start[place])
    if data.has(PORT):
        port = data.frame[PORT].to_numpy()
        out[..., -2] = port[place] == port[wanted][:, None]
    out[..., -1] = 1.0
    out[~there] = 0.0
    return out
