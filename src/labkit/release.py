"""``labkit release``: a zip with everything a student needs, and nothing of the instructor's."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import nbformat

from labkit.errors import CourseError
from labkit.labs import Lab, load_lab, without_solutions
from labkit.paths import Course, find_course

#: What every kit holds, besides its labs; folders with all that is in them.
PARTS = (
    "course.py",
    "requirements.txt",
    "constraints.txt",
    "pyproject.toml",
    "LICENSE",
    "LICENSE-CONTENT",
    ".gitignore",
    ".dvcignore",
    ".dvc/config",
    ".dvc/.gitignore",
    "data.dvc",
    "remote",
    "src/labkit",
    "notebooks",
)
#: Every file of a kit has this time, so that the same course gives the same zip.
TIME = (2026, 1, 1, 0, 0, 0)
README = """# {title}

You need Python 3.11, 3.12 or 3.13 and Git. In this folder:

    git init && git add --all && git commit -m "Start"     # exercises ask for your commit
    python course.py start

Then open labs/ in JupyterLab. If something is in the way: python course.py doctor
What you have earned, and where points are left: python course.py progress
To hand in, save the lab's notebook and give your instructor that one file.
"""


def make_kit(course: Course, labs: Sequence[Lab], out: Path) -> dict[str, str]:
    """Write a student's kit.

    The labs are the students' ones, with their public checks. Solutions, hidden checks and
    answer banks stay behind.

    Args:
        course: the course folder.
        labs: the labs to hand out.
        out: the zip to write.

    Returns:
        The SHA-256 of every file in it, by path; the zip holds the same as ``MANIFEST.json``.

    Raises:
        CourseError: the zip cannot be written.
    """
    files = dict(_files(course, labs))
    manifest = {path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)}
    files["MANIFEST.json"] = f"{json.dumps(manifest, indent=1)}\n".encode()
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kit:
            for path in sorted(files):
                kit.writestr(zipfile.ZipInfo(path, TIME), files[path], zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise CourseError(
            f"{out} cannot be written.",
            why=f"{error.strerror or error}.",
            next_step="Give another --out.",
        ) from error
    return manifest


def _files(course: Course, labs: Sequence[Lab]) -> Iterator[tuple[str, bytes]]:
    for part in PARTS:
        place = course.root / part
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(course.root).as_posix(), path.read_bytes()
    for lab in labs:
        notebook = nbformat.writes(lab.student_notebook())
        yield f"labs/{lab.name}.ipynb", f"{notebook}\n".encode()
        yield f"content/labs/{lab.name}/lab.py", without_solutions(lab.text).encode()
        for path in [lab.folder / "checks.py", *sorted(lab.folder.glob("checks/*.py"))]:
            if path.is_file():
                name = path.relative_to(lab.folder).as_posix()
                yield f"content/labs/{lab.name}/{name}", path.read_bytes()
    yield "README.md", README.format(title=", ".join(lab.title for lab in labs)).encode()


@click.command("release")
@click.argument("labs", nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The zip to write.")
def command(labs: tuple[str, ...], out: Path) -> None:
    """Write a zip with LABS for students: no solution, no hidden check, no answer bank."""
    course = find_course()
    manifest = make_kit(course, [load_lab(course, name) for name in labs], out)
    click.echo(f"{out}: {len(manifest)} files, {out.stat().st_size / 1e6:.1f} MB")
