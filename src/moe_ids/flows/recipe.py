"""What the course's flows are made of: how flows look, when they come, and how many there are.

A pair ``(m, s)`` stands for a log-normal value, exp of Normal(m, s). Times are in seconds, lengths
in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

BENIGN = "BENIGN"
Pair: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """How single flows of one kind look.

    Args:
        ports: the destination port is one of these; none stands for any port below 10,000.
        packets: forward packets, at least 1.
        backward: backward packets per forward packet; None stands for 0 to 5, whatever went out.
        forward_length: mean bytes of a forward packet.
        backward_length: mean bytes of a backward packet.
        duration: seconds from the first to the last packet.
        protocol: tcp or udp.
    """

    ports: tuple[int, ...]
    packets: Pair
    backward: float | None
    forward_length: Pair
    backward_length: Pair
    duration: Pair
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True)
class Gap:
    """Time between the starts of two flows of a session.

    The mean is drawn once per session, evenly between ``low`` and ``high`` seconds. Without a
    ``jitter`` gaps are exponential, with one they are Normal(mean, jitter * mean).
    """

    low: float
    high: float
    jitter: float | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """One way to carry out an attack.

    Args:
        shape: of its flows, by name.
        gap: between them.
        sizes: fewest and most flows of a session.
        repeated: the first flow of a session is drawn, the others repeat it, each value times
            Normal(1, repeated); None stands for a draw per flow.
    """

    shape: str
    gap: Gap
    sizes: tuple[int, int] = (12, 60)
    repeated: float | None = None


@dataclass(frozen=True, slots=True)
class Attack:
    """One class of attacks.

    Args:
        label: of the class.
        share: of all attack flows.
        plain: how most of it is done: visible in a single flow.
        stealth: how the rest is done: each flow looks like a benign one.
        stealth_share: of the flows of this class, before the recipe's ``stealth_knob``.
    """

    label: str
    share: float
    plain: Way
    stealth: Way
    stealth_share: float


@dataclass(frozen=True, slots=True)
class Fault:
    """A labelling fault: some attacks are labelled benign, and nothing else changes.

    Args:
        labels: the classes that lose their label.
        first_host: hosts from this number on are concerned.
        after: it begins when this share of the rows is written.
    """

    labels: tuple[str, ...]
    first_host: int
    after: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything the generator needs to know.

    Args:
        seed: of all draws.
        services: benign services: name to weight (a whole number) and shape.
        attack_shapes: shapes that only attacks have.
        attacks: the classes of attacks.
        fault: what goes wrong with the labels, if anything does.
        rows: flows in all.
        seconds: sessions lie between 0 and this time.
        hosts: number of sources; each does benign work, and any may carry out attacks.
        servers: number of destinations.
        attack_share: attack flows among all flows.
        stealth_knob: factor on every ``stealth_share``.
        benign_flows: a benign session has 1 + Poisson(this) flows.
        benign_gaps: mean gaps, in seconds; a benign session takes one of them.
    """

    seed: int
    services: dict[str, tuple[int, Shape]]
    attack_shapes: dict[str, Shape]
    attacks: tuple[Attack, ...]
    fault: Fault | None = None
    rows: int = 20_000
    seconds: float = 4 * 3600.0
    hosts: int = 40
    servers: int = 30
    attack_share: float = 0.3
    stealth_knob: float = 0.6
    benign_flows: float = 4.0
    benign_gaps: tuple[float, ...] = (0.3, 3.0, 20.0)

    @property
    def shapes(self) -> dict[str, Shape]:
        """All shapes by name, the services first."""
        return {name: shape for name, (_, shape) in self.services.items()} | self.attack_shapes

    def with_rows(self, rows: int) -> Recipe:
        """The same recipe for fewer or more rows, as dense in time."""
        return replace(self, rows=rows, seconds=self.seconds * rows / self.rows)
