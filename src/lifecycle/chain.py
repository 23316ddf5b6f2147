"""Follows a version back to its data, and verifies every link on the way."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lifecycle.artifacts import artifact_text
from lifecycle.code import code_version
from lifecycle.errors import LifecycleError
from lifecycle.integrity import registration_of
from lifecycle.links import VERIFIED, Chain, Link, links_of
from lifecycle.registry import get_version, logged_model, run_of
from lifecycle.settle import watched
from lifecycle.tracking import PROVENANCE, provenance_in


@dataclass(frozen=True, slots=True)
class Lineage:
    """The chain of a version. ``labels`` maps each node a link names to what it is."""

    name: str
    version: int
    labels: dict[str, str]
    links: tuple[Link, ...]

    @property
    def ok(self) -> bool:
        """Whether every link was verified."""
        return all(link.state == VERIFIED for link in self.links)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "links": [asdict(link) for link in self.links], "ok": self.ok}


def lineage(
    name: str,
    version: int | str = "champion",
    *,
    repository: str | Path = ".",
    deep: bool = False,
) -> Lineage:
    """Follow a version back to its data.

    Args:
        name: of the registered model.
        version: its number or an alias.
        repository: a folder in the Git and DVC repository it was trained in.
        deep: also read every object of the data in the DVC remote and compute its md5.

    Returns:
        A link from each thing to the next, with what was found. A link that could not be looked
        at is ``unknown``, and the lineage not ``ok``.

    Raises:
        LifecycleError: there is no such version.
    """
    view, found = watched(name), get_version(name, version)
    run, kept = run_of(found), registration_of(view, found.number)
    provenance = kept.provenance if kept else None
    if provenance is None and run is not None:
        text = artifact_text(run.info.run_id, PROVENANCE)
        provenance = provenance_in(text) if text else None
    chain = Chain(found, run, kept, provenance, _root(Path(repository)), deep)
    return Lineage(name, found.number, _labels(chain), tuple(links_of(chain)))


def _labels(chain: Chain) -> dict[str, str]:
    provenance = chain.provenance
    labels = {"remote": "DVC remote"} if provenance and provenance.data else {}
    for place, data in enumerate(provenance.data if provenance else ()):
        labels[f"data{place + 1}"] = f"{data.path} {data.md5[:10]}"
    if not labels:
        labels["data1"] = "data unknown"
    commit = provenance.commit[:10] if provenance else "unknown"
    dirty = " and changes" if provenance and provenance.dirty else ""
    model = logged_model(chain.version.source)
    return {
        **labels,
        "commit": f"commit {commit}{dirty}",
        "environment": "environment",
        "run": f"run {chain.run.info.run_name}" if chain.run else "run unknown",
        "model": f"model {model.model_id}" if model else "model unknown",
        "version": chain.version.title,
    }


def _root(folder: Path) -> Path | None:
    try:
        return code_version(folder).root
    except (LifecycleError, OSError):
        return None
