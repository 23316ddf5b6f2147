"""Reads the repositories below ``practice/``, from outside: no Git and no DVC is run for it."""

from __future__ import annotations

import configparser
import contextlib
import hashlib
import itertools
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import urlparse
from urllib.request import url2pathname

from dulwich.objects import Blob, ObjectID
from dulwich.objects import Commit as GitCommit
from dulwich.refs import HEADREF, Ref
from dulwich.repo import Repo

from labkit.evidence.files import leads_nowhere, parse_yaml, readable
from labkit.evidence.reading import Reader
from labkit.evidence.repository import Commit, Repository, Store, Tracking
from labkit.paths import Course

#: A lab has a dozen repositories of a few commits and files each.
MOST_REPOSITORIES, MOST_COMMITS, MOST_FILES = 40, 60, 300
#: Bytes of one setting or pointer, and of all data that are read to compute their md5.
MOST_TEXT, MOST_DATA = 100_000, 64_000_000
#: Seconds that reading all repositories may take.
SECONDS = 5.0

_REMOTE = re.compile(r"""^'?remote\s+"(.+)"'?$""")
#: The settings that are shared, and those that are not and win.
_SETTINGS = ("config", "config.local")
_OWN = frozenset({".git", ".dvc"})


def read_practice(workspace: Course) -> tuple[Repository, ...]:
    """The repositories below ``practice/``, in order of their paths, up to a limit.

    One that leads elsewhere (links, alternates, included settings) or cannot be read is left
    out.

    Args:
        workspace: whose practice to look at; its root has no link in it.
    """
    if not _is_folder(workspace.practice):
        return ()
    practice = _Practice(workspace.root)
    places = itertools.islice(_places(practice.reader, workspace.practice), MOST_REPOSITORIES)
    return tuple(filter(None, map(practice.repository, sorted(places))))


class _Practice:
    """Reads repositories with one limit of time and data for all of them."""

    def __init__(self, root: Path) -> None:
        self.reader = Reader(root)
        self._root = root
        self._deadline = time.monotonic() + SECONDS
        self._left = MOST_DATA

    def repository(self, place: Path) -> Repository | None:
        if time.monotonic() > self._deadline or not leads_nowhere(place / ".git"):
            return None
        try:
            with Repo(str(place)) as opened:
                return self._read(place, opened)
        except Exception:  # a forged repository can break its reader in any way
            return None

    def _read(self, place: Path, opened: Repo) -> Repository:
        texts = dict(self._texts(place))
        tracking = _tracking(texts)
        commits = tuple(self._commits(opened))
        return Repository(
            path=self._name(place),
            branch=_branch(opened),
            head=commits[0].id if commits else "",
            commits=commits,
            tags=_tags(opened),
            staged=tuple(_staged(opened)),
            files=dict(self._files(place)),
            tracking=tracking,
            cache=self._store(place / ".dvc" / "cache"),
            stores={
                # DVC takes an address as seen from the folder of the settings it stands in.
                name: self._store(_joined(place / ".dvc", address))
                for name, address in tracking.remotes.items()
            },
            origin=self._origin(place, opened),
        )

    def _commits(self, opened: Repo) -> Iterator[Commit]:
        with contextlib.suppress(KeyError):  # there is no commit yet
            for entry in opened.get_walker(max_entries=MOST_COMMITS):
                if time.monotonic() > self._deadline:
                    return
                found = entry.commit
                blobs = dict(_blobs(opened, found.tree))
                texts = {path: _text(opened, blobs[path]) for path in blobs if _tells(path)}
                yield Commit(
                    id=found.id.decode(),
                    message=readable(found.message.decode(errors="replace")).partition("\n")[0],
                    parents=tuple(parent.decode() for parent in found.parents),
                    files=tuple(sorted(blobs)),
                    tracking=_tracking(texts),
                )

    def _texts(self, place: Path) -> Iterator[tuple[str, str]]:
        """The pointers and settings in the working tree, and the settings that are not shared."""
        found = (path.relative_to(place).as_posix() for path in self._plain(place))
        for path in (*(f".dvc/{name}" for name in _SETTINGS), *filter(_tells, found)):
            data = self.reader.read(place / path, MOST_TEXT)
            if data is not None:
                yield readable(path), data.decode(errors="replace")

    def _files(self, place: Path) -> Iterator[tuple[str, str]]:
        for path in (*self._plain(place), *(place / ".dvc" / name for name in _SETTINGS)):
            digest = self._md5(path)
            if digest:
                yield readable(path.relative_to(place).as_posix()), digest

    def _plain(self, place: Path) -> Iterator[Path]:
        entries = self.reader.entries(place, _OWN.__contains__)
        plain = (Path(one.path) for one in entries if one.is_file(follow_symlinks=False))
        return itertools.islice(plain, MOST_FILES)

    def _store(self, folder: Path) -> Store:
        """The objects in a folder, as DVC lays them out: files/md5/ and two letters of the md5."""
        if not folder.is_relative_to(self._root):
            return Store()
        intact: list[str] = []
        damaged: list[str] = []
        objects = itertools.islice(self.reader.files(folder / "files" / "md5"), MOST_FILES)
        for path in objects:
            name = f"{path.parent.name}{path.name}"
            digest = self._md5(path)
            if digest:
                whole = digest == name.removesuffix(".dir")
                (intact if whole else damaged).append(readable(name))
        return Store(self._name(folder), tuple(sorted(intact)), tuple(sorted(damaged)))

    def _md5(self, path: Path) -> str:
        file = self.reader.open(path, self._left)
        if file is None:
            return ""
        digest = hashlib.md5(usedforsecurity=False)  # it is what DVC names files by
        with file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
            self._left -= file.tell()
        return digest.hexdigest()

    def _origin(self, place: Path, opened: Repo) -> str:
        try:
            address = opened.get_config().get((b"remote", b"origin"), b"url")
        except KeyError:
            return ""
        # Git writes the place it found, which a course folder behind a link is not called by.
        return self._name(_joined(place, address.decode(errors="replace")).resolve())

    def _name(self, place: Path) -> str:
        inside = place.is_relative_to(self._root)
        return readable(place.relative_to(self._root).as_posix()) if inside else ""


def _places(reader: Reader, practice: Path) -> Iterator[Path]:
    folders = (
        Path(entry.path)
        for entry in reader.entries(practice, _OWN.__contains__)
        if entry.is_dir(follow_symlinks=False)
    )
    return (folder for folder in folders if _is_folder(folder / ".git"))


def _is_folder(place: Path) -> bool:
    with contextlib.suppress(OSError):
        return stat.S_ISDIR(place.lstat().st_mode)
    return False


def _tells(path: str) -> bool:
    """Whether a file tells DVC something: a pointer, or the settings."""
    return path == ".dvc/config" or path.endswith(".dvc")


def _tracking(texts: Mapping[str, str]) -> Tracking:
    """What files tell DVC; later settings win over earlier ones."""
    pointers: dict[str, str] = {}
    remotes: dict[str, str] = {}
    default = ""
    for path, text in texts.items():
        if not path.startswith(".dvc/config"):
            pointers.update(_pointed(PurePosixPath(path).parent, text))
            continue
        settings = _settings(text)
        for section in settings.sections():
            named = _REMOTE.match(section)
            if named and settings.has_option(section, "url"):
                remotes[named[1]] = settings.get(section, "url")
        default = settings.get("core", "remote", fallback=default)
    return Tracking(pointers, remotes, default)


def _settings(text: str) -> configparser.ConfigParser:
    settings = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    with contextlib.suppress(configparser.Error):
        settings.read_string(text)
    return settings


def _pointed(folder: PurePosixPath, text: str) -> Iterator[tuple[str, str]]:
    outs = parse_yaml(text).get("outs")
    for out in outs if isinstance(outs, list) else ():
        if isinstance(out, dict) and isinstance(out.get("path"), str):
            yield readable((folder / out["path"]).as_posix()), readable(str(out.get("md5", "")))


def _blobs(opened: Repo, tree: ObjectID) -> Iterator[tuple[str, ObjectID]]:
    for entry in itertools.islice(opened.object_store.iter_tree_contents(tree), MOST_FILES):
        if stat.S_ISREG(entry.mode):
            yield readable(entry.path.decode(errors="replace")), entry.sha


def _text(opened: Repo, name: ObjectID) -> str:
    found = opened.object_store[name]
    plain = isinstance(found, Blob) and found.raw_length() <= MOST_TEXT
    return found.as_raw_string().decode(errors="replace") if plain else ""


def _tags(opened: Repo) -> dict[str, str]:
    tags = itertools.islice(sorted(opened.refs.as_dict(Ref(b"refs/tags"))), MOST_COMMITS)
    return {
        readable(one.decode(errors="replace")): opened.get_peeled(Ref(b"refs/tags/" + one)).decode()
        for one in tags
    }


def _branch(opened: Repo) -> str:
    names, _ = opened.refs.follow(HEADREF)
    branch = names[-1].removeprefix(b"refs/heads/") if len(names) > 1 else b""
    return readable(branch.decode(errors="replace"))


def _staged(opened: Repo) -> list[str]:
    """The paths in which the index differs from HEAD."""
    committed = {}
    with contextlib.suppress(KeyError):  # there is no commit yet
        newest = opened[opened.head()]
        committed = dict(_blobs(opened, newest.tree)) if isinstance(newest, GitCommit) else {}
    index = {
        readable(path.decode(errors="replace")): getattr(entry, "sha", b"")
        for path, entry in itertools.islice(opened.open_index().items(), MOST_FILES)
    }
    both = committed.keys() | index.keys()
    return sorted(path for path in both if committed.get(path) != index.get(path))


def _joined(start: Path, address: str) -> Path:
    """The place an address names, seen from a folder; no link is followed."""
    parts = urlparse(address)
    place = start / (url2pathname(parts.path) if parts.scheme == "file" else address)
    # Path.resolve would follow links, which Reader then could not see.
    return Path(os.path.normpath(place))
