"""Files that hold no notebook, or one that is hard to read: a named state and a sentence each."""

from __future__ import annotations

import gzip
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from support_corpus import ALL, grade_file
from support_grading import RIGHT

from labkit.grading.bench import Bench
from labkit.grading.outcome import State

pytest_plugins = ["support_corpus_benches"]

#: Makes a submission in a folder from the bytes of a good one, and says where it is.
Make = Callable[[Path, bytes], Path]


def file(name: str, change: Callable[[bytes], bytes]) -> Make:
    def make(folder: Path, good: bytes) -> Path:
        path = folder / name
        path.write_bytes(change(good))
        return path

    return make


def notebook(change: Callable[[dict[str, Any]], object]) -> Make:
    def altered(good: bytes) -> bytes:
        content = json.loads(good)
        change(content)
        return json.dumps(content).encode()

    return file("anna.ipynb", altered)


def of_200_mb(folder: Path, good: bytes) -> Path:
    path = folder / "anna.ipynb"
    path.write_bytes(good)
    with path.open("ab") as grown:
        grown.truncate(200_000_000)
    return path


def zipped(*members: tuple[str, bytes | None]) -> Make:
    """A zip with these members; the good notebook where there is no content."""

    def make(folder: Path, good: bytes) -> Path:
        with zipfile.ZipFile(folder / "anna.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members:
                archive.writestr(name, good if content is None else content)
        return folder / "anna.zip"

    return make


def zipped_link(folder: Path, good: bytes) -> Path:
    with zipfile.ZipFile(folder / "anna.zip", "w") as archive:
        link = zipfile.ZipInfo("anna.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return folder / "anna.zip"


def without_ids(content: dict[str, Any]) -> None:
    content["nbformat_minor"] = 4
    for cell in content["cells"]:
        del cell["id"]


UNREADABLE = [
    ("21-empty", file("anna.ipynb", lambda _: b""), "The file is empty."),
    ("21-cut off", file("anna.ipynb", lambda good: good[:-40]), "The file is cut off"),
    (
        "21-half of it",
        file("anna.ipynb", lambda good: good[: len(good) // 2]),
        "The file is cut off",
    ),
    ("21-zeros", file("anna.ipynb", lambda _: bytes(5_000)), "It is not JSON"),
    ("21-a picture", file("anna.ipynb", lambda _: b"\x89PNG\r\n\x1a\n"), "It is not text"),
    ("21-a page", file("anna.ipynb", lambda _: b"<!DOCTYPE html><html>"), "It is not JSON (line 1"),
    ("21-packed", file("anna.ipynb", gzip.compress), "It is not text in UTF-8 or UTF-16."),
    ("21-200 MB", of_200_mb, "The notebook is too large: 200 MB, at most 20 MB."),
    ("21-a merge conflict", file("anna.ipynb", lambda good: b"<<<<<<< HEAD\n" + good), "Git left"),
    ("21-nesting", file("anna.ipynb", lambda _: b"[" * 1_000_000), "It is not JSON that can be"),
    (
        "21-nested objects",
        file("anna.ipynb", lambda _: b'{"a":' * 1_000_000),
        "It is not JSON that",
    ),
    (
        "21-a huge number",
        file("anna.ipynb", lambda _: b'{"n": ' + b"9" * 5_000),
        "It is not JSON that",
    ),
    ("21-a list", file("anna.ipynb", lambda _: b"[]"), "It is JSON, but not a notebook."),
    ("21-no version", notebook(lambda one: one.pop("nbformat")), "It is JSON, but not a notebook."),
    ("21-no cells", notebook(lambda one: one["cells"].clear()), "The notebook has no cells."),
    ("21-cells by name", notebook(lambda one: one.update(cells={})), "it has no list of cells"),
    (
        "21-a million cells",
        notebook(lambda one: one.update(cells=[{}] * 1_000_000)),
        "at most 2,000",
    ),
    ("21-a program", file("anna.py", lambda _: b"print(1)"), "A .py is no notebook"),
    ("19-a zip of nothing", zipped(), "There is no notebook in it."),
    ("19-a zip of two", zipped(("a.ipynb", None), ("b.ipynb", None)), "There is more than one"),
    ("19-a zip with a link", zipped_link, "There is no notebook in it."),
    ("19-a zip bomb", zipped(("a.ipynb", b" " * 100_000_000)), "The notebook is too large: 100 MB"),
    ("19-a damaged zip", file("anna.zip", lambda good: b"PK\x03\x04" + good), "The zip is damaged"),
]
READABLE = [
    ("21-with a byte order mark", file("anna.ipynb", lambda good: b"\xef\xbb\xbf" + good)),
    ("21-in UTF-16", file("anna.ipynb", lambda good: good.decode().encode("utf-16"))),
    ("21-without ids", notebook(without_ids)),
    ("21-of version 5", notebook(lambda one: one.update(nbformat=5, nbformat_minor=0))),
    ("21-with Windows' line ends", file("anna.ipynb", lambda good: good.replace(b"\n", b"\r\n"))),
    (
        "21-packed and renamed",
        lambda folder, good: zipped(("a.ipynb", None))(folder, good).rename(folder / "anna.ipynb"),
    ),
    ("19-a zip that leads out", zipped(("../../../outside.ipynb", None))),
    ("19-a zip of Windows", zipped(("work\\lab.ipynb", None), ("__MACOSX/._lab.ipynb", b"\0"))),
    ("19-a zip with an absolute path", zipped(("/etc/passwd.ipynb", None))),
]


@pytest.fixture
def good(tiny_bench: Bench) -> bytes:
    return nbformat.writes(tiny_bench.lab.with_answers(dict(RIGHT))).encode()


@pytest.mark.parametrize(
    ("make", "says"), [pytest.param(make, says, id=name) for name, make, says in UNREADABLE]
)
def test_what_cannot_be_read_says_why(
    make: Make, says: str, good: bytes, tiny_bench: Bench, tmp_path: Path
) -> None:
    graded = grade_file(tiny_bench, make(tmp_path, good))
    assert (graded.state, graded.points) == (State.UNREADABLE, 0), graded.reason
    assert says in graded.reason
    assert {one.message for all_ in graded.exercises for one in all_.results} == {graded.reason}


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in READABLE])
def test_what_can_be_read_is_graded(
    make: Make, good: bytes, tiny_bench: Bench, tmp_path: Path
) -> None:
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    graded = grade_file(tiny_bench, make(tmp_path / "deep" / "deeper", good))
    assert tuple(one.points for one in graded.exercises) == ALL, graded.reason
    assert [one.name for one in (tmp_path / "deep").iterdir()] == ["deeper"]
