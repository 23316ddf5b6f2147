"""The naming convention of registered models, checked with a reason for each refusal."""

from __future__ import annotations

import re
from collections.abc import Collection

#: Words that say nothing about a model, or nothing that stays true.
VAGUE_WORDS = (
    *("best", "copy", "current", "experiment", "final", "latest", "model", "my", "new", "old"),
    *("prod", "production", "staging", "temp", "test", "tmp", "try", "untitled"),
)
_WORD = re.compile(r"[a-z0-9]+")
_VERSION = re.compile(r"(v|ver|version|rev|r)\d+")


def naming_problems(
    name: str, *, words: int = 3, vague_words: Collection[str] = VAGUE_WORDS
) -> list[str]:
    """What is wrong with a name for a registered model.

    Good names say what the model is, what it is for and which data it learned from:
    ``moe-cybersecurity-cicids``, ``xgboost-baseline-cicids``.

    Args:
        name: the name to judge.
        words: how many words joined by hyphens a name needs at least.
        vague_words: words that must not be in it, with or without digits behind them.

    Returns:
        A sentence per problem; empty for a good name.
    """
    problems = []
    if name != name.lower():
        problems.append("it has capital letters, and two spellings of one name are two models")
    parts = re.split(r"[^a-z0-9]+", name.lower())
    if "" in parts or "-".join(parts) != name.lower():
        problems.append("words must be letters and digits, joined by single hyphens")
    said = [part for part in parts if _WORD.fullmatch(part)]
    if len(said) < words:
        problems.append(
            f"it has {len(said)} of at least {words} words: what the model is, what it is for, "
            "which data it learned from"
        )
    vague = [part for part in said if part.rstrip("0123456789") in vague_words]
    if vague:
        problems.append(f"'{vague[0]}' says nothing about the model")
    if any(_VERSION.fullmatch(part) for part in said) or (said and said[-1].isdigit()):
        problems.append("it holds a version number, and the registry counts versions itself")
    return problems
