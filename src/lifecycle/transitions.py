"""Moves versions from stage to stage: by the rules, one at a time, each move recorded."""

from __future__ import annotations

import getpass
from collections.abc import Iterable

from lifecycle.adopting import managed
from lifecycle.committing import commit, one_of, reason
from lifecycle.errors import RefusedError
from lifecycle.integrity import digests_of, file_problems, registration_of, require_unchanged
from lifecycle.ledger import Record
from lifecycle.registry import Version, get_version, model_files
from lifecycle.requirements import Finding, Question, examine
from lifecycle.rules import Rules, load_rules
from lifecycle.settle import View


def promote(
    name: str,
    version: int | str,
    *,
    to: str,
    why: str,
    approver: str = "",
    who: str | None = None,
    rules: Rules | None = None,
) -> Record:
    """Move a version to ``staging`` or ``production``, if the rules allow it.

    Aliases follow, and MLflow's stages while it has them; the champion it replaces is archived
    and stays within reach of ``rollback``.

    Args:
        name: of the registered model.
        version: its number or an alias.
        to: ``staging`` or ``production``.
        why: the reason, for whoever reads the history.
        approver: who answers for a move to production.
        who: makes the move; this machine's user unless given.
        rules: of the team; ``lifecycle.toml`` unless given.

    Returns:
        The record that was written.

    Raises:
        RefusedError: a rule forbids it; every broken rule is named.
        LostRaceError: another move came first; nothing was changed.
        DriftError: the registry was changed by other means.
        LifecycleError: there is no such version.
    """
    one_of(to, ("staging", "production"))
    view = managed(name)
    found = get_version(name, version)
    findings = examine(Question(view, found, to, approver, rules or load_rules()))
    _refuse(f"{found.title} was not promoted to {to}.", findings)
    state = view.state
    compared = state.champion is not None
    verdict = [one.what for one in findings if compared and one.requirement == "comparison"]
    record = Record(
        action="promoted",
        version=found.number,
        origin=state.stage(found.number),
        to=to,
        who=who or getpass.getuser(),
        why=reason(why),
        approver=approver.strip(),
        replaced=state.champion if to == "production" else None,
        verdict=" ".join(verdict),
    )
    return commit(view, record)


def reject(name: str, version: int | str, *, why: str, who: str | None = None) -> Record:
    """Turn a version down for good; arguments, result and errors as ``promote``."""
    return _leave(name, version, "rejected", why, who)


def archive(name: str, version: int | str, *, why: str, who: str | None = None) -> Record:
    """Put a version aside; it can return through staging. Otherwise as ``promote``."""
    return _leave(name, version, "archived", why, who)


def rollback(name: str, *, why: str, who: str | None = None) -> Record:
    """Give production back to the previous champion, in one call.

    The champion is archived. A second rollback goes back one further.

    Args:
        name: of the registered model.
        why: the reason, for whoever reads the history.
        who: rolls back; this machine's user unless given.

    Returns:
        The record that was written.

    Raises:
        RefusedError: there is no previous champion.
        TamperedError: its files are not those that were registered.
        LostRaceError, DriftError: as ``promote``.
    """
    view = managed(name)
    target = view.state.previous
    if target is None:
        raise RefusedError(
            f"{name} cannot be rolled back.",
            why="No version was champion before the present one.",
            next_step=f"Promote another version: python -m lifecycle history {name}",
        )
    _require_files(view, get_version(name, target))
    record = Record(
        action="rolled back",
        version=target,
        origin=view.state.stage(target),
        to="production",
        who=who or getpass.getuser(),
        why=reason(why),
        replaced=view.state.champion,
    )
    return commit(view, record)


def _leave(name: str, version: int | str, to: str, why: str, who: str | None) -> Record:
    view = managed(name)
    found = get_version(name, version)
    rules = load_rules()
    findings = examine(Question(view, found, to, "", rules))
    _refuse(f"{found.title} was not {to}.", findings)
    origin = view.state.stage(found.number)
    actor = who or getpass.getuser()
    record = Record(
        action=to, version=found.number, origin=origin, to=to, who=actor, why=reason(why)
    )
    return commit(view, record)


def _refuse(what: str, findings: Iterable[Finding]) -> None:
    broken = [finding for finding in findings if not finding.ok]
    if broken:
        raise RefusedError(
            what,
            why="\n        ".join(f"{one.requirement}: {one.what}" for one in broken),
            next_step="Mend it, then promote again; `python -m lifecycle check` changes nothing.",
        )


def _require_files(view: View, version: Version) -> None:
    kept = registration_of(view, version.number)
    if kept is None:
        # From before these commands were used: better than a champion that has to go.
        return
    with model_files(version.source) as folder:
        require_unchanged(version, file_problems(kept.files, digests_of(folder)))
