"""The outcome as text: a table, and where points differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from peers.case import Result
from peers.measure import kind_of_memory


@dataclass(frozen=True, slots=True)
class Row:
    """What a way took for ``count`` submissions."""

    name: str
    count: int
    result: Result

    @property
    def wall(self) -> float:
        """Seconds per submission."""
        return self.result.usage.wall / self.count

    @property
    def cpu(self) -> float:
        """CPU seconds per submission."""
        return self.result.usage.cpu / self.count


def table(rows: Sequence[Row], peers: Sequence[str]) -> str:
    """A line per way: seconds per submission, how many times quicker than each peer, memory.

    Args:
        rows: the ways.
        peers: names of the ways that the others are compared with.
    """
    known = {row.name: row.wall for row in rows if row.name in peers}
    wide = max((len(row.name) for row in rows), default=0)
    head = f"{'way':<{wide}} {'n':>5} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}"
    lines = [head + "".join(f" {f'{name} x':>12}" for name in known)]
    for row in rows:
        line = (
            f"{row.name:<{wide}} {row.count:>5} {row.wall:>8.2f} {row.cpu:>8.2f}"
            f" {row.result.usage.peak / 1e6:>8.0f}"
        )
        lines.append(line + "".join(f" {wall / row.wall:>12.1f}" for wall in known.values()))
    return "\n".join(lines)


def legend() -> str:
    """What the columns mean."""
    return (
        "n: submissions graded; wall s, CPU s: seconds for each of them; peak MB: the most memory "
        f"at one\nmoment, {kind_of_memory()} of all processes; NAME x: how many times as long "
        "NAME takes."
    )


def differences(rows: Iterable[Row]) -> list[str]:
    """Where a way gave other points than the first way did, or none.

    Args:
        rows: the ways. Submissions that a way did not run to the end are not compared.

    Returns:
        A sentence for each submission and way.
    """
    first = dict[str, tuple[str, float]]()
    said = dict[str, None]()
    for row in rows:
        if len(row.result.points) != row.count:
            said[f"{row.name} gave points to {len(row.result.points)} of {row.count}."] = None
        for name, points in sorted(row.result.points.items()):
            if name in row.result.given_up:
                continue
            way, known = first.setdefault(name, (row.name, points))
            if points != known:
                said[f"{name}: {known:g} points by {way}, {points:g} by {row.name}."] = None
    return list(said)


def not_compared(rows: Iterable[Row]) -> list[str]:
    """A sentence for each way that did not run some submissions to their end."""
    return list(
        dict.fromkeys(
            f"{row.name} stopped at an error in {len(row.result.given_up)} of {row.count}: "
            "their points are not compared."
            for row in rows
            if row.result.given_up
        )
    )
