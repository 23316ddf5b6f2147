"""A check for each thing a transition can require; the rules say which ones are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from lifecycle.comparison import log_verdict, verdict_of
from lifecycle.integrity import digests_of, file_problems, registration_of
from lifecycle.metadata import THINGS, facts_of, missing_metadata
from lifecycle.registry import Version, get_version, model_files
from lifecycle.rules import Rules, load_rules
from lifecycle.settle import View, watched


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether one requirement holds; ``what`` is a sentence, good or bad."""

    requirement: str
    ok: bool
    what: str

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: may this version enter the stage ``to``, with this approver?"""

    view: View
    version: Version
    to: str
    approver: str
    rules: Rules


def check(
    name: str,
    version: int | str,
    *,
    to: str,
    approver: str = "",
    rules: Rules | None = None,
) -> list[Finding]:
    """What stands for and against a promotion; changes no stage.

    Args:
        name: of the registered model.
        version: its number or an alias.
        to: ``staging`` or ``production``.
        approver: who would answer for it.
        rules: of the team; ``lifecycle.toml`` unless given.

    Returns:
        A finding for the order of stages and for each requirement. A comparison is also tagged
        on the version.
    """
    view, found = watched(name), get_version(name, version)
    return examine(Question(view, found, to, approver, rules or load_rules()))


def examine(question: Question) -> list[Finding]:
    """Everything the rules ask, the order of stages first."""
    stage = question.view.state.stage(question.version.number)
    allowed = question.rules.next_stages(stage)
    if question.to not in allowed:
        said = f"from {stage} a version may go to: {', '.join(allowed) or 'nowhere'}"
        # What else is missing for a step that cannot be taken would only distract.
        return [Finding("order", False, said)]
    findings = [Finding("order", True, f"{stage} to {question.to}")]
    for requirement in question.rules.requires.get(question.to, ()):
        findings.append(_CHECKS[requirement](question))
    return findings


def _name(question: Question) -> Finding:
    problems = question.rules.name_problems(question.version.name)
    said = "; ".join(problems) or "the name says what the model is"
    return Finding("name", not problems, said)


def _metadata(question: Question) -> Finding:
    missing = missing_metadata(facts_of(question.version))
    said = f"missing: {'; '.join(missing)}" if missing else f"all {len(THINGS)} things are there"
    return Finding("metadata", not missing, said)


def _tags(question: Question) -> Finding:
    tags = question.version.tags
    missing = [f"the tag {tag}" for tag in question.rules.required_tags if not tags.get(tag)]
    if not question.version.description.strip():
        missing.append("a description")
    said = f"missing: {', '.join(missing)}" if missing else "tags and description are there"
    return Finding("tags", not missing, said)


def _files(question: Question) -> Finding:
    kept = registration_of(question.view, question.version.number)
    if kept is None:
        said = "no digests were taken; register it with these commands"
        return Finding("files", False, said)
    with model_files(question.version.source) as folder:
        problems = file_problems(kept.files, digests_of(folder))
    said = "; ".join(problems) or f"{len(kept.files)} files are those that were registered"
    return Finding("files", not problems, said)


def _approver(question: Question) -> Finding:
    named = question.approver.strip()
    return Finding("approver", bool(named), f"approved by {named}" if named else "nobody approves")


def _comparison(question: Question) -> Finding:
    number = question.view.state.champion
    if number is None:
        return Finding("comparison", True, "there is no champion to compare with")
    champion = get_version(question.version.name, number)
    rules = question.rules
    verdict = verdict_of(question.view, question.version, champion, rules.metric, rules)
    log_verdict(question.version, champion, verdict)
    said = f"{verdict} (version {number}, {verdict.metric}, {verdict.rows:,} rows)"
    return Finding("comparison", verdict.kind in rules.acceptable, said)


_CHECKS: dict[str, Callable[[Question], Finding]] = {
    "name": _name,
    "metadata": _metadata,
    "tags": _tags,
    "files": _files,
    "approver": _approver,
    "comparison": _comparison,
}
