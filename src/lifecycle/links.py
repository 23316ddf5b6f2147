"""Looks at each link of the chain from a version back to its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from mlflow.entities import Run
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT

from lifecycle.artifacts import artifact_digest
from lifecycle.code import branches_with, file_at, has_commit
from lifecycle.data import DataVersion, md5s_in_pointer, missing_in_remotes
from lifecycle.errors import LifecycleError
from lifecycle.integrity import Registration, digests_of, file_problems
from lifecycle.registry import Version, logged_model, model_files
from lifecycle.tracking import ENVIRONMENT, PATCH, Provenance

VERIFIED, BROKEN, UNKNOWN = "verified", "broken", "unknown"


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain: ``state`` is verified, broken or unknown, ``what`` says why."""

    source: str
    target: str
    state: str
    what: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What the checks look at; ``root`` is of the Git repository, if there is one at hand."""

    version: Version
    run: Run | None
    kept: Registration | None
    provenance: Provenance | None
    root: Path | None
    deep: bool


def links_of(chain: Chain) -> list[Link]:
    """Every link, from the DVC remote to the version."""
    links = []
    for place, data in enumerate(chain.provenance.data if chain.provenance else ()):
        node = f"data{place + 1}"
        links.append(_link("remote", node, partial(_stored, chain, data)))
        links.append(_link(node, "commit", partial(_pointed, chain, data)))
    if not links:
        links.append(Link("data1", "commit", *_no_data(chain)))
    return [
        *links,
        _link("commit", "run", partial(_committed, chain)),
        _link("environment", "run", partial(_environment, chain)),
        _link("run", "model", partial(_logged, chain)),
        _link("model", "version", partial(_registered, chain)),
    ]


def _link(source: str, target: str, look: Callable[[], tuple[str, str]]) -> Link:
    try:
        return Link(source, target, *look())
    except LifecycleError as error:
        return Link(source, target, BROKEN, f"{error.what} {error.why}")


def _no_data(chain: Chain) -> tuple[str, str]:
    if chain.provenance is None:
        return UNKNOWN, "the run was made without lifecycle.run"
    return BROKEN, "the run recorded no data: lifecycle.run(data=...)"


def _stored(chain: Chain, data: DataVersion) -> tuple[str, str]:
    if chain.root is None:
        return UNKNOWN, "no repository at hand to ask its DVC remotes"
    missing = missing_in_remotes(data, chain.root, deep=chain.deep)
    if missing:
        return BROKEN, missing
    read = ", and their content is right" if chain.deep else ""
    return VERIFIED, f"a remote holds the objects of md5 {data.md5}{read}"


def _pointed(chain: Chain, data: DataVersion) -> tuple[str, str]:
    if data.changed:
        return BROKEN, f"{data.path} had been changed when the run began, and is kept nowhere"
    if chain.root is None or chain.provenance is None:
        return UNKNOWN, "no repository at hand"
    text = file_at(chain.root, chain.provenance.commit, data.pointer)
    if text is None:
        return BROKEN, f"{data.pointer} is not in the commit"
    found = md5s_in_pointer(text, PurePosixPath(data.path).name)
    if data.md5 not in found:
        said = " and ".join(found) or "nothing"
        return BROKEN, f"{data.pointer} in the commit says {said}, the run {data.md5}"
    return VERIFIED, f"{data.pointer} in the commit names the md5 the run read"


def _committed(chain: Chain) -> tuple[str, str]:
    provenance = chain.provenance
    if chain.run is None or provenance is None:
        said = "the run is gone" if chain.run is None else "the run was made without lifecycle.run"
        return (BROKEN if chain.run is None else UNKNOWN), said
    tagged = chain.run.data.tags.get(MLFLOW_GIT_COMMIT, "")
    if tagged != provenance.commit:
        return BROKEN, f"the run's tag names commit {tagged or 'none'}, it was {provenance.commit}"
    if chain.root is None:
        return UNKNOWN, "no repository at hand"
    if not has_commit(chain.root, provenance.commit):
        return BROKEN, f"the commit is not in {chain.root}"
    branches = branches_with(chain.root, provenance.commit)
    if not branches:
        return BROKEN, "no branch or tag leads to the commit; Git will remove it one day"
    problem = _uncommitted(chain, provenance)
    if problem:
        return BROKEN, problem
    also = f", with {len(provenance.changed)} changed files kept" if provenance.changed else ""
    return VERIFIED, f"the commit is reachable from {branches[0]}{also}"


def _uncommitted(chain: Chain, provenance: Provenance) -> str:
    if provenance.untracked:
        listed = ", ".join(provenance.untracked[:3])
        return f"{len(provenance.untracked)} files were never committed: {listed}"
    if provenance.changed:
        return _artifact_problem(chain, PATCH)
    return ""


def _environment(chain: Chain) -> tuple[str, str]:
    if chain.run is None:
        return BROKEN, "the run is gone"
    problem = _artifact_problem(chain, ENVIRONMENT)
    return (BROKEN, problem) if problem else (VERIFIED, "every installed package is recorded")


def _artifact_problem(chain: Chain, path: str) -> str:
    found = artifact_digest(chain.version.run_id, path)
    if not found:
        return f"the run has no artifact {path}"
    registered = chain.kept.artifacts.get(path, found) if chain.kept else found
    return "" if found == registered else f"{path} was replaced after registering"


def _logged(chain: Chain) -> tuple[str, str]:
    model = logged_model(chain.version.source)
    if model is None:
        return BROKEN, f"the source {chain.version.source} is no logged model"
    if chain.run is None:
        return BROKEN, f"the run {chain.version.run_id or 'of the version'} is gone"
    if chain.run.info.lifecycle_stage != "active":
        return BROKEN, "the run was deleted, and will be gone for good one day"
    if model.source_run_id != chain.version.run_id:
        return BROKEN, f"the model was logged by another run, {model.source_run_id}"
    return VERIFIED, "the run logged the model"


def _registered(chain: Chain) -> tuple[str, str]:
    if chain.kept is None:
        return UNKNOWN, "registered by other means; no digest was taken"
    with model_files(chain.version.source) as folder:
        problems = file_problems(chain.kept.files, digests_of(folder))
    if problems:
        return BROKEN, "; ".join(problems)
    return VERIFIED, f"{len(chain.kept.files)} files are those that were registered"
