"""The data version of a run, as DVC has it, and whether a remote still holds it.

DVC's Python interface for this is not promised to stay; this is the only module that uses it.
Written for DVC 3.67.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from dvc.exceptions import DvcException
from dvc.repo import Repo

from lifecycle.errors import LifecycleError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class DataVersion:
    """One file or folder that DVC tracks.

    ``path`` and ``pointer`` (the file that names its md5: a ``.dvc`` file or ``dvc.lock``) are
    from the root of the Git repository; ``md5`` is what the pointer says; ``size`` is in bytes;
    ``changed`` is set where the data in the workspace are not those the pointer names.
    """

    path: str
    pointer: str
    md5: str
    size: int
    changed: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def data_versions(paths: Iterable[str | Path], root: Path) -> tuple[DataVersion, ...]:
    """The versions of data that a run reads.

    Args:
        paths: what DVC tracks (a file, a folder, or a file in a tracked folder), or the ``.dvc``
            file of it.
        root: of the Git repository.

    Raises:
        LifecycleError: DVC does not track one of them.
    """
    places = [Path(path).absolute() for path in paths]
    if not places:
        return ()
    with _repo(root) as repo:
        return tuple(_version(repo, path, root) for place in places for path in _tracked(place))


def state_of(recorded: DataVersion, root: Path) -> str:
    """Whether the workspace holds the data of a run.

    Every byte is read: DVC believes what a remote gave it, and MLflow's own digest of a data set
    covers its first 10,000 rows.

    Returns:
        ``unchanged``; ``changed:`` or ``not here:`` and why.
    """
    place = root / recorded.path
    if not place.exists():
        return "not here: `dvc pull` brings it"
    with _repo(root) as repo:
        found = str(_output(repo, place).get_hash().value)
        if found != recorded.md5:
            return f"changed: its md5 is {found}, the run read {recorded.md5}"
        files = _files(repo.cache.local, recorded.md5)
    for name, md5 in files.items():
        # The data set itself is the file without a name of its own.
        path = place / name if name else place
        if not path.is_file() or _md5(path.open("rb")) != md5:
            return f"changed: {path.name} is not the file that DVC recorded"
    return "unchanged"


def missing_in_remotes(data: DataVersion, root: Path, *, deep: bool = False) -> str:
    """Why no remote holds a version of data; empty if one does.

    Args:
        data: what is looked for.
        root: of the Git repository, whose DVC remotes are asked.
        deep: also read every object and compute its md5, which downloads all of it.
    """
    with _repo(root) as repo:
        remotes = list(repo.config["remote"])
        if not remotes:
            return "DVC has no remote"
        problems = {name: _missing(repo, name, data.md5, deep) for name in remotes}
    if not all(problems.values()):
        return ""
    return "; ".join(f"the remote {name} {problem}" for name, problem in problems.items())


def copy_remotes(source: Path, clone: Path) -> None:
    """Give a clone the DVC remotes of a repository, with its local settings and places."""
    with _repo(source) as repo:
        remotes = {name: dict(found) for name, found in repo.config["remote"].items()}
        default = repo.config["core"].get("remote")
    with _repo(clone) as repo, repo.config.edit("local") as local:
        for name, found in remotes.items():
            known = {key: value for key, value in found.items() if isinstance(value, str)}
            local.setdefault("remote", {})[name] = known
        if default:
            local.setdefault("core", {})["remote"] = default


def md5s_in_pointer(text: str, name: str) -> list[str]:
    """Each md5 that a ``.dvc`` file or ``dvc.lock`` gives for data of this name.

    Args:
        text: of the pointer, as it is in a commit.
        name: of the file or folder, without those it lies in: the paths in a pointer begin at a
            working folder that may be told elsewhere.
    """
    found = yaml.safe_load(text) or {}
    stages = [found, *found.get("stages", {}).values()]
    outputs = [output for stage in stages for output in stage.get("outs", [])]
    return [str(one.get("md5")) for one in outputs if PurePosixPath(one["path"]).name == name]


@contextmanager
def _repo(root: Path) -> Iterator[Any]:
    try:
        with warnings.catch_warnings(), Repo(str(root)) as repo:
            # DVC uses libraries in ways they deprecate; that is no concern of who trains.
            warnings.simplefilter("ignore", DeprecationWarning)
            yield repo
    except (DvcException, OSError, ValueError) as error:
        raise LifecycleError(
            f"DVC cannot say which data are in {root}.",
            why=str(error),
            next_step="Run `dvc init` in the repository and `dvc add` the data, then commit.",
        ) from error


def _tracked(place: Path) -> list[Path]:
    if place.suffix != ".dvc" or not place.is_file():
        return [place]
    pointer = yaml.safe_load(place.read_text(encoding="utf-8"))
    return [place.parent / output["path"] for output in pointer.get("outs", [])]


def _output(repo: Any, place: Path) -> Any:
    found = repo.find_outs_by_path(str(place), strict=False)
    return found[0]


def _version(repo: Any, place: Path, root: Path) -> DataVersion:
    output = _output(repo, place)
    # The pointer is what a commit holds; the hash of the workspace is what the run will read.
    there = output.exists and output.get_hash() == output.hash_info
    return DataVersion(
        path=Path(output.fs_path).resolve().relative_to(root.resolve()).as_posix(),
        pointer=_pointer(output, root),
        md5=output.hash_info.value or "",
        size=int(output.meta.size or 0),
        changed=not there,
    )


def _pointer(output: Any, root: Path) -> str:
    path = Path(output.stage.path)
    # A stage of a pipeline is described in dvc.yaml, but its md5 is in dvc.lock.
    path = path if path.suffix == ".dvc" else path.with_name("dvc.lock")
    return path.resolve().relative_to(root.resolve()).as_posix()


def _missing(repo: Any, remote: str, md5: str, deep: bool) -> str:
    try:
        objects = repo.cloud.get_remote_odb(remote)
        if not objects.exists(md5):
            return f"has no object {md5}"
        wanted = {md5, *_files(objects, md5).values()}
        # Not oids_exist: in a folder it deletes an object whose content is wrong.
        gone = sorted(wanted - set(objects.list_oids_exists(sorted(wanted))))
        broken = sorted(one for one in wanted - set(gone) if deep and not _right(objects, one))
    except (DvcException, OSError, ValueError) as error:
        return f"cannot be asked ({error})"
    if gone:
        return f"lacks {len(gone)} of {len(wanted)} objects, for example {gone[0]}"
    return f"object {broken[0]} has another content" if broken else ""


def _files(objects: Any, md5: str) -> dict[str, str]:
    """The files of a data set and the md5 of each; a single file has the name ""."""
    if not md5.endswith(".dir"):
        return {"": md5}
    if not objects.exists(md5):
        return {}
    with _opened(objects, md5) as file:
        return {entry["relpath"]: entry["md5"] for entry in json.loads(file.read())}


def _right(objects: Any, md5: str) -> bool:
    return _md5(_opened(objects, md5)) == md5.removesuffix(".dir")


def _opened(objects: Any, md5: str) -> Any:
    return objects.fs.open(objects.oid_to_path(md5), "rb")


def _md5(opened: Any) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with opened as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
