"""The rules of a team, as data: which stage follows which, and what each transition requires."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lifecycle.errors import LifecycleError
from lifecycle.naming import VAGUE_WORDS, naming_problems

#: Every stage a version can be in.
STAGES = ("none", "staging", "production", "archived", "rejected")
#: The aliases that follow the stages.
CHAMPION, PREVIOUS, STAGING = "champion", "previous", "staging"
#: What a transition can require; ``lifecycle.requirements`` holds a check for each.
REQUIREMENTS = ("name", "metadata", "tags", "files", "approver", "comparison")
#: What a comparison can say of a candidate.
KINDS = ("better", "not distinguishable", "worse", "not comparable")
#: Where a team writes down rules of its own.
FILE = "lifecycle.toml"

_TRANSITIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "none": ("staging", "rejected", "archived"),
        "staging": ("production", "rejected", "archived"),
        # A champion leaves only when it is replaced or rolled back: production is never empty.
        "production": (),
        "archived": ("staging",),
        "rejected": (),
    }
)
_REQUIRES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "staging": ("name", "metadata", "tags", "files"),
        "production": ("name", "metadata", "tags", "files", "approver", "comparison"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a team has agreed on. Each field can be set in ``lifecycle.toml``.

    Args:
        transitions: for each stage, the stages a version may move to from there.
        requires: for each stage, what must hold before a version enters it (``REQUIREMENTS``).
        name_words: how many words the name of a model needs.
        vague_words: words that must not be in it, as they say nothing.
        required_tags: tags that must be on the version.
        metric: what candidate and champion are compared by (``lifecycle.metrics``).
        positive: the label that counts as positive where the metric needs one.
        acceptable: verdicts with which a candidate may replace the champion.
        confidence: of the intervals, between 0 and 1.
        resamples: how many bootstrap samples are drawn.
        seed: of the bootstrap, so that the same comparison gives the same verdict.
    """

    transitions: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _TRANSITIONS)
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _REQUIRES)
    name_words: int = 3
    vague_words: tuple[str, ...] = VAGUE_WORDS
    required_tags: tuple[str, ...] = ("dataset", "architecture")
    metric: str = "f1"
    positive: str = ""
    acceptable: tuple[str, ...] = ("better", "not distinguishable")
    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        for stages in (self.transitions, self.requires):
            _only(STAGES, stages, "stage")
        for following in self.transitions.values():
            _only(STAGES, following, "stage")
        for needed in self.requires.values():
            _only(REQUIREMENTS, needed, "requirement")
        _only(KINDS, self.acceptable, "verdict")
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence = {self.confidence} is not between 0 and 1")
        if self.resamples < 1:
            raise ValueError(f"resamples = {self.resamples} is not a positive number")

    def next_stages(self, stage: str) -> tuple[str, ...]:
        """The stages a version may move to from ``stage``."""
        return tuple(self.transitions.get(stage, ()))

    def name_problems(self, name: str) -> list[str]:
        """What is wrong with a name for a registered model, a sentence each."""
        return naming_problems(name, words=self.name_words, vague_words=self.vague_words)

    def as_toml(self) -> str:
        """The rules as ``lifecycle.toml`` has them, complete."""
        tables, lines = [], []
        for one in dataclasses.fields(self):
            value = getattr(self, one.name)
            if isinstance(value, Mapping):
                # JSON writes words, lists of words and numbers as TOML does.
                rows = [f"{key} = {json.dumps(list(words))}" for key, words in value.items()]
                tables.append("\n".join([f"\n[{one.name}]", *rows]))
            else:
                plain = list(value) if isinstance(value, tuple) else value
                lines.append(f"{one.name} = {json.dumps(plain)}")
        return "\n".join([*lines, *tables])


def load_rules(path: Path | None = None) -> Rules:
    """The rules in force.

    Args:
        path: a TOML file whose keys are fields of ``Rules``; the nearest ``lifecycle.toml`` from
            the current folder upwards unless given.

    Returns:
        Those rules; what the file does not mention, and everything where there is no file, is as
        ``Rules`` has it.

    Raises:
        LifecycleError: the file cannot be read, or holds a key or value that is none.
    """
    source = path or _nearest(Path.cwd())
    if source is None:
        return Rules()
    try:
        found = tomllib.loads(source.read_text(encoding="utf-8"))
        return Rules(**_checked(found))
    except (OSError, ValueError, TypeError) as error:
        raise LifecycleError(
            f"The rules in {source} cannot be used.",
            why=str(error),
            next_step="Mend the file; `python -m lifecycle rules` prints rules that are complete.",
        ) from error


def _checked(found: Mapping[str, Any]) -> dict[str, Any]:
    known = {one.name: one for one in dataclasses.fields(Rules)}
    _only(tuple(known), found, "rule")
    return {name: _value(name, value, str(known[name].type)) for name, value in found.items()}


def _value(name: str, value: Any, wanted: str) -> Any:
    if wanted.startswith("Mapping") and isinstance(value, dict):
        given = {stage: _words(f"{name}.{stage}", words) for stage, words in value.items()}
        return {**(_TRANSITIONS if name == "transitions" else _REQUIRES), **given}
    if wanted.startswith("tuple"):
        return _words(name, value)
    fits: dict[str, type | tuple[type, ...]] = {"int": int, "float": (int, float), "str": str}
    if wanted not in fits or not isinstance(value, fits[wanted]) or isinstance(value, bool):
        raise ValueError(f"{name} = {value!r} is not of type {wanted}")
    return value


def _words(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ValueError(f"{name} must be a list of words, not {value!r}")
    return tuple(value)


def _only(known: tuple[str, ...], given: Any, kind: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"there is no {kind} '{unknown[0]}'; there are: {', '.join(known)}")


def _nearest(folder: Path) -> Path | None:
    return next((p / FILE for p in (folder, *folder.parents) if (p / FILE).is_file()), None)
