"""Seeded draws that are the same, to the last bit, on every machine.

NumPy promises the raw stream of ``PCG64`` for all time and on all platforms, but not the streams
of ``normal`` or ``exponential``; and ``exp`` and ``log`` of the system's mathematics library may
differ in the last bit from machine to machine. So everything here is made of the raw stream and
of ``+ - * /``, square root, rounding and scaling by powers of two, one array operation at a time:
IEEE 754 fixes the result of each of them.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

# ln 2 in two parts: the first has few bits, so that k * LN2_HIGH is exact for small whole k.
_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10
_EXP_TERMS = 18
_LOG_TERMS = 12
# Abramowitz and Stegun, Handbook of Mathematical Functions (1964), formula 26.2.23:
# the upper-tail quantile of the normal distribution, absolute error below 4.5e-4.
_QUANTILE_TOP = (0.010328, 0.802853, 2.515517)
_QUANTILE_BOTTOM = (0.001308, 0.189269, 1.432788, 1.0)


class Draws:
    """A stream of draws of its own.

    Args:
        seed: of the whole data set.
        stream: numbers that tell this stream from the others of the same seed.
    """

    def __init__(self, seed: int, *stream: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=stream))

    def uniform(self, count: int) -> Floats:
        """Numbers above 0 and below 1."""
        raw = self._bits.random_raw(count) >> np.uint64(12)
        return (raw.astype(np.float64) + 0.5) * 2.0**-52

    def below(self, limit: int, count: int) -> Ints:
        """Whole numbers from 0 to ``limit - 1``."""
        return np.floor(self.uniform(count) * limit).astype(np.int64)

    def choice(self, weights: npt.ArrayLike, count: int) -> Ints:
        """Positions in ``weights``, each as likely as its weight (a whole number) says."""
        steps = np.cumsum(np.asarray(weights, dtype=np.int64))
        return np.searchsorted(steps, self.below(int(steps[-1]), count), side="right")

    def normal(self, mean: npt.ArrayLike, deviation: npt.ArrayLike, count: int) -> Floats:
        """Normal(mean, deviation)."""
        return np.asarray(mean) + np.asarray(deviation) * normal_quantile(self.uniform(count))

    def lognormal(self, mean: npt.ArrayLike, deviation: npt.ArrayLike, count: int) -> Floats:
        """exp of Normal(mean, deviation)."""
        return exp(self.normal(mean, deviation, count))

    def exponential(self, mean: npt.ArrayLike, count: int) -> Floats:
        """Exp(mean)."""
        return np.asarray(mean) * -log(self.uniform(count))

    def poisson(self, mean: float, count: int) -> Ints:
        """Poisson(mean), for means up to about 20."""
        terms = [exp(np.array([-mean]))[0]]
        while len(terms) < 100:
            terms.append(terms[-1] * mean / len(terms))
        return np.searchsorted(np.cumsum(terms), self.uniform(count), side="right")


def exp(x: npt.ArrayLike) -> Floats:
    """e to the power of x, for x from -700 to 700; relative error below 1e-14."""
    x = np.asarray(x, dtype=np.float64)
    twos = np.rint(x / (_LN2_HIGH + _LN2_LOW))
    rest = (x - twos * _LN2_HIGH) - twos * _LN2_LOW
    total = np.ones_like(rest)
    for term in range(_EXP_TERMS, 0, -1):
        total = total * rest / term + 1.0
    return np.ldexp(total, twos.astype(np.int32))


def log(x: npt.ArrayLike) -> Floats:
    """Natural logarithm of positive numbers; absolute error below 1e-14."""
    part, twos = np.frexp(np.asarray(x, dtype=np.float64))
    small = part < 0.70710678
    part = np.where(small, part * 2.0, part)
    twos = np.where(small, twos - 1, twos).astype(np.float64)
    ratio = (part - 1.0) / (part + 1.0)
    square = ratio * ratio
    total = np.zeros_like(ratio)
    for term in range(_LOG_TERMS, -1, -1):
        total = total * square + 1.0 / (2 * term + 1)
    return twos * _LN2_HIGH + (twos * _LN2_LOW + 2.0 * ratio * total)


def normal_quantile(chance: Floats) -> Floats:
    """What a standard normal value stays below with this chance; absolute error below 4.5e-4."""
    tail = np.minimum(chance, 1.0 - chance)
    t = np.sqrt(-2.0 * log(tail))
    top, bottom = np.zeros_like(t), np.zeros_like(t)
    for factor in _QUANTILE_TOP:
        top = top * t + factor
    for factor in _QUANTILE_BOTTOM:
        bottom = bottom * t + factor
    size = t - top / bottom
    return np.where(chance < 0.5, -size, size)
