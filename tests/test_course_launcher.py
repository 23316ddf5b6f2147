"""course.py on its own: a real .venv, filled by a real pip, with a stand-in for the lab kit."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

# Builds the stand-in without setuptools, so that these tests need no index.
BACKEND = """
import zipfile
from pathlib import Path

def build_editable(folder, settings=None, metadata=None):
    name, info = "labkit-0-py3-none-any.whl", "labkit-0.dist-info"
    with zipfile.ZipFile(Path(folder) / name, "w") as wheel:
        wheel.writestr("labkit.pth", str(Path("src").resolve()))
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: labkit\\nVersion: 0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "labkit"
version = "0"
"""
LABKIT = """
import json, os, sys
print(json.dumps([sys.argv[1:], os.environ["LABKIT_ROOT"], os.getcwd(), sys.prefix]))
sys.exit(7 if "fail" in sys.argv else 0)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A course folder with nothing to install but the stand-in, its .venv made."""
    root = tmp_path_factory.mktemp("launcher") / "a course"
    (root / "src" / "labkit").mkdir(parents=True)
    shutil.copy(REPOSITORY / "course.py", root)
    (root / "requirements.txt").touch()
    (root / "constraints.txt").touch()
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND)
    (root / "src" / "labkit" / "__main__.py").write_text(LABKIT)
    (root / ".venv" / "bin").mkdir(parents=True)  # what an interrupted installation leaves
    first = call(root, "first")
    assert "making it anew" in first.stdout
    assert "Installed in" in first.stdout
    yield root
    shutil.rmtree(root, ignore_errors=True)


def launch(root: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(root / "course.py"), *arguments],
        cwd=root.parent,
        env={**os.environ, "PIP_NO_INDEX": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def call(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    with launch(root, *arguments) as process:
        output, errors = process.communicate()
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def ran_without_installing(done: subprocess.CompletedProcess[str]) -> bool:
    return done.returncode == 0 and len(done.stdout.splitlines()) == 1


def test_the_second_call_hands_over_at_once(folder: Path) -> None:
    assert ran_without_installing(call(folder, "second"))


def test_arguments_folder_and_exit_code_are_passed_on(folder: Path) -> None:
    done = call(folder, "grade", "a lab", "--out", "fail")
    arguments, root, cwd, prefix = json.loads(done.stdout)
    assert arguments == ["grade", "a lab", "--out", "fail"]
    assert Path(root) == folder.resolve()
    assert Path(cwd) == folder.parent.resolve()
    assert Path(prefix) == (folder / ".venv").resolve()
    assert done.returncode == 7


def test_without_arguments_it_says_what_can_be_asked_and_installs_nothing(tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / "course.py", tmp_path)
    done = call(tmp_path)
    assert "course.py start" in done.stdout
    assert done.returncode == 0
    assert not (tmp_path / ".venv").exists()


def lose_the_interpreter(venv: Path) -> None:
    for program in (venv / ("Scripts" if os.name == "nt" else "bin")).glob("python*"):
        program.unlink()


def lose_pip(venv: Path) -> None:
    for package in venv.glob("[Ll]ib/**/site-packages/pip"):
        shutil.rmtree(package)


@pytest.mark.parametrize("damage", [lose_the_interpreter, lose_pip], ids=lambda f: f.__name__)
def test_a_damaged_environment_is_made_anew(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder / ".venv")
    done = call(folder, "mended")
    assert "making it anew" in done.stdout
    assert json.loads(done.stdout.splitlines()[-1])[0] == ["mended"]
    assert ran_without_installing(call(folder, "again"))


def test_what_pip_refuses_is_told_and_leaves_nothing_that_looks_finished(folder: Path) -> None:
    (folder / "requirements.txt").write_text("no-such-package-anywhere==1\n")
    try:
        failed = call(folder, "never")
    finally:
        (folder / "requirements.txt").write_text("")
    assert failed.returncode == 1
    assert "The requirements have changed" in failed.stdout
    assert "no-such-package-anywhere" in failed.stderr
    assert "Next:" in failed.stderr
    assert not (folder / ".venv" / "course.json").exists()


def test_two_calls_at_once_replace_an_environment_of_another_python_once(folder: Path) -> None:
    stamp = {"sources": "", "root": str(folder.resolve()), "python": "3.10"}
    (folder / ".venv" / "course.json").write_text(json.dumps(stamp))
    with launch(folder, "one") as one, launch(folder, "two") as two:
        outputs = [process.communicate()[0] for process in (one, two)]
    assert one.returncode == two.returncode == 0
    assert sum("Installed in" in output for output in outputs) == 1
    assert sum("waiting" in output for output in outputs) == 1


def test_a_moved_folder_gets_a_new_environment(folder: Path) -> None:
    moved = folder.rename(folder.with_name("moved"))
    try:
        done = call(moved, "moved")
        prefix = json.loads(done.stdout.splitlines()[-1])[3]
        assert Path(prefix) == (moved / ".venv").resolve()
    finally:
        moved.rename(folder)
    assert "making it anew" in done.stdout


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 9), (3, 14, 0), (4, 0, 0)])
def test_an_unsupported_python_is_refused(version: tuple[int, int, int]) -> None:
    pretend = (
        f"import runpy, sys; sys.version_info = {version}; "
        f"runpy.run_path({str(REPOSITORY / 'course.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"does not run on Python {version[0]}.{version[1]}" in done.stderr
    assert "Next:" in done.stderr


def test_an_old_python_can_read_it_far_enough_to_refuse() -> None:
    ast.parse((REPOSITORY / "course.py").read_text(encoding="utf-8"), feature_version=(3, 6))
