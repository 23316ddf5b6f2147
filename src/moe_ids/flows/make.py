"""Make the course's flows from a recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from moe_ids.flows.portable import Draws, Floats, Ints
from moe_ids.flows.recipe import BENIGN, Attack, Fault, Gap, Recipe, Shape

_MICRO = 1_000_000
#: Columns of a file of flows, one row per flow, in the order in which the records were written.
COLUMNS = {
    "end_us": "when the record was written: the end of the flow, microseconds from the beginning",
    "duration_us": "microseconds from the first to the last packet; 0 for a single packet",
    "host": "the source, h01 and so on",
    "server": "the destination, s01 and so on",
    "port": "destination port",
    "protocol": "tcp or udp",
    "fwd_packets": "packets from host to server",
    "bwd_packets": "packets from server to host",
    "fwd_bytes": "bytes from host to server",
    "bwd_bytes": "bytes from server to host",
    "session": "flows of one piece of work or one attack; counted by first record",
    "stealth": "1 for an attack flow that looks like a benign one, else 0",
    "label": "the class",
}


def make_flows(recipe: Recipe) -> pd.DataFrame:
    """The flows of a recipe.

    Args:
        recipe: what to make, usually one of ``moe_ids.flows.RECIPES``.

    Returns:
        ``recipe.rows`` rows with the columns ``COLUMNS``, in the order of ``end_us``. They are the
        same on every machine; see :mod:`moe_ids.flows.portable`.
    """
    totals = [round(recipe.rows * recipe.attack_share * one.share) for one in recipe.attacks]
    parts = [_benign(recipe, recipe.rows - sum(totals))]
    for number, (attack, total) in enumerate(zip(recipe.attacks, totals, strict=True)):
        stealthy = round(total * attack.stealth_share * recipe.stealth_knob)
        for stealth, count in ((0, total - stealthy), (1, stealthy)):
            if count:
                draws = Draws(recipe.seed, 1 + number, stealth)
                parts.append(_attack(recipe, attack, draws, count, stealth))
    table = _in_order(parts)
    if recipe.fault:
        table = with_fault(table, recipe.fault)
    return table[list(COLUMNS)]


def with_fault(flows: pd.DataFrame, fault: Fault) -> pd.DataFrame:
    """Flows as they look after a labelling fault; ``stealth`` gives nothing away."""
    position = np.arange(len(flows))
    hosts = flows["host"].str[1:].astype(int)
    hit = (
        flows["label"].isin(fault.labels)
        & (hosts >= fault.first_host)
        & (position >= fault.after * len(flows))
    )
    return flows.assign(
        label=flows["label"].mask(hit, BENIGN), stealth=flows["stealth"].mask(hit, 0)
    )


def write_flows(flows: pd.DataFrame, path: Path) -> None:
    """Write flows as CSV; the folder is made where it is missing.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    flows.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _benign(recipe: Recipe, count: int) -> pd.DataFrame:
    draws = Draws(recipe.seed, 0)
    session = _sessions(1 + draws.poisson(recipe.benign_flows, count), count)
    means = np.array(recipe.benign_gaps)[draws.below(len(recipe.benign_gaps), session[-1] + 1)]
    start = _starts(draws, session, draws.exponential(means[session], count), recipe.seconds)
    weights = [weight for weight, _ in recipe.services.values()]
    shapes = [shape for _, shape in recipe.services.values()]
    kind = draws.choice(weights, count)
    return _look(draws, shapes, kind, session, repeated=None).assign(
        session=session,
        start=start,
        host=draws.below(recipe.hosts, session[-1] + 1)[session],
        server=draws.below(recipe.servers, count),
        stealth=0,
        label=BENIGN,
    )


def _attack(recipe: Recipe, attack: Attack, draws: Draws, count: int, stealth: int) -> pd.DataFrame:
    way = attack.stealth if stealth else attack.plain
    fewest, most = way.sizes
    session = _sessions(fewest + draws.below(most - fewest + 1, count), count)
    start = _starts(draws, session, _gaps(draws, way.gap, session), recipe.seconds)
    kind = np.zeros(count, dtype=np.int64)
    return _look(draws, [recipe.shapes[way.shape]], kind, session, way.repeated).assign(
        session=session,
        start=start,
        host=draws.below(recipe.hosts, session[-1] + 1)[session],
        server=draws.below(recipe.servers, session[-1] + 1)[session],
        stealth=stealth,
        label=attack.label,
    )


def _sessions(sizes: Ints, count: int) -> Ints:
    """The session of each of ``count`` flows, where sessions have these sizes; the last is cut."""
    return np.repeat(np.arange(len(sizes)), sizes)[:count]


def _gaps(draws: Draws, gap: Gap, session: Ints) -> Floats:
    """Seconds before each flow."""
    means = (gap.low + (gap.high - gap.low) * draws.uniform(session[-1] + 1))[session]
    if gap.jitter is None:
        return draws.exponential(means, len(session))
    return np.maximum(draws.normal(means, gap.jitter * means, len(session)), 0.0)


def _starts(draws: Draws, session: Ints, gaps: Floats, seconds: float) -> Floats:
    """Start of each flow in seconds, when sessions begin evenly over the time there is."""
    numbers = np.arange(session[-1] + 1)
    first = np.searchsorted(session, numbers)
    last = np.searchsorted(session, numbers, side="right") - 1
    clock = np.cumsum(gaps)
    room = np.maximum(seconds - (clock[last] - clock[first]), 0.0)
    begin = (numbers + draws.uniform(len(numbers))) / len(numbers) * room
    return begin[session] + (clock - clock[first][session])


def _look(
    draws: Draws, shapes: list[Shape], kind: Ints, session: Ints, repeated: float | None
) -> pd.DataFrame:
    """What a sensor sees of each flow, drawn from ``shapes[kind]``."""
    count = len(kind)
    drawn = []
    for field in ("packets", "forward_length", "backward_length", "duration"):
        pairs = np.array([getattr(shape, field) for shape in shapes])[kind]
        drawn.append(draws.lognormal(pairs[:, 0], pairs[:, 1], count))
    if repeated is not None:
        first = np.searchsorted(session, session)
        drawn = [values[first] * draws.normal(1.0, repeated, count) for values in drawn]
    forward = np.maximum(np.rint(drawn[0]), 1.0)
    ratio = np.array([np.nan if one.backward is None else one.backward for one in shapes])[kind]
    backward = np.where(np.isnan(ratio), draws.below(6, count), np.rint(forward * ratio))
    columns = {
        "duration_us": np.where(forward + backward > 1, np.rint(drawn[3] * _MICRO), 0.0),
        "fwd_packets": forward,
        "bwd_packets": backward,
        "fwd_bytes": np.rint(forward * drawn[1]),
        "bwd_bytes": np.rint(backward * drawn[2]),
    }
    return (
        pd.DataFrame(columns)
        .astype(np.int64)
        .assign(
            port=_ports(draws, shapes, kind),
            protocol=np.array([shape.protocol for shape in shapes])[kind],
        )
    )


def _ports(draws: Draws, shapes: list[Shape], kind: Ints) -> Ints:
    choices = [shape.ports or tuple(range(1, 10_000)) for shape in shapes]
    counts = np.array([len(ports) for ports in choices])
    picked = np.floor(draws.uniform(len(kind)) * counts[kind]).astype(np.int64)
    offset = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return np.concatenate([np.array(ports) for ports in choices])[offset[kind] + picked]


def _in_order(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """All flows in the order of their records, with names and numbers a reader can use."""
    table = pd.concat(parts, keys=range(len(parts)), names=["part"]).reset_index("part")
    table["end_us"] = np.rint(table["start"] * _MICRO).astype(np.int64) + table["duration_us"]
    table = table.sort_values(["end_us", "part", "session"], kind="stable", ignore_index=True)
    table["session"] = table.groupby(["part", "session"], sort=False).ngroup() + 1
    for column, letter in (("host", "h"), ("server", "s")):
        table[column] = letter + (table[column] + 1).astype(str).str.zfill(2)
    return table
