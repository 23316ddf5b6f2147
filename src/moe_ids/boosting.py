"""XGBoost as baseline and as expert (Chen, Guestrin: XGBoost, KDD 2016).

Two models make one: whether a flow is an attack, and which attack it is if it is one. The first is
what a binary baseline would be, to the last bit; the second learns from attacks alone, which is
several times cheaper than all classes at once and no worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from xgboost import XGBClassifier

from moe_ids.features.preprocess import Floats, Ints

#: Logarithms of probabilities are not below this.
_LOWEST = -30.0


@dataclass(frozen=True, slots=True)
class BoostSettings:
    """Options of XGBoost: number and depth of the trees, and the learning rate."""

    trees: int = 150
    depth: int = 7
    rate: float = 0.15


@dataclass(frozen=True, slots=True)
class Boosted:
    """A trained pair.

    Args:
        attack: tells attacks from benign flows.
        kind: tells attacks apart; None where there was one kind.
        kinds: codes of the classes that ``kind`` knows, in its order.
        classes: how many classes there are.
    """

    attack: XGBClassifier
    kind: XGBClassifier | None
    kinds: tuple[int, ...]
    classes: int

    @classmethod
    def fit(
        cls, rows: Floats, labels: Ints, classes: int, settings: BoostSettings, seed: int
    ) -> Boosted:
        """Train.

        Args:
            rows: (rows, columns).
            labels: codes of classes; 0 is benign, and at least one row is not.
            classes: how many there are.
            settings: options.
            seed: of XGBoost.
        """
        attack = _classifier(settings, seed).fit(rows, labels > 0)
        kinds, place = np.unique(labels[labels > 0], return_inverse=True)
        kind = None
        if len(kinds) > 1:
            kind = _classifier(settings, seed).fit(rows[labels > 0], place)
        return cls(attack, kind, tuple(int(one) for one in kinds), classes)

    def log_probabilities(self, rows: Floats) -> Floats:
        """(rows, classes) natural logarithms of the probabilities of the classes."""
        found = np.zeros((len(rows), self.classes), dtype=np.float32)
        attack = self.attack.predict_proba(rows)[:, 1]
        found[:, 0] = 1.0 - attack
        which: npt.ArrayLike = self.kind.predict_proba(rows) if self.kind else 1.0
        found[:, list(self.kinds)] = attack[:, None] * which
        return np.maximum(np.log(np.maximum(found, 1e-30)), _LOWEST).astype(np.float32)

    def save(self, folder: Path) -> None:
        """Write JSON files into a folder."""
        self.attack.save_model(folder / "attack.json")
        if self.kind:
            self.kind.save_model(folder / "kind.json")

    @classmethod
    def load(cls, folder: Path, kinds: tuple[int, ...], classes: int) -> Boosted:
        """Read what ``save`` wrote.

        Raises:
            xgboost.core.XGBoostError: a file is not there or is no model.
        """
        attack = XGBClassifier()
        attack.load_model(folder / "attack.json")
        kind = XGBClassifier() if len(kinds) > 1 else None
        if kind:
            kind.load_model(folder / "kind.json")
        return cls(attack, kind, kinds, classes)


def _classifier(settings: BoostSettings, seed: int) -> XGBClassifier:
    return XGBClassifier(
        n_estimators=settings.trees,
        max_depth=settings.depth,
        learning_rate=settings.rate,
        tree_method="hist",
        random_state=seed,
    )
