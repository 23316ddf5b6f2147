"""Where the peers live: an environment of their own, and this interpreter's kernel for students.

A peer is installed from PyPI into a virtual environment under a cache folder. The kernel its
notebooks run in is this interpreter's, so all ways use the same packages, as an instructor
would have it, and only the way of grading differs.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from tqdm import tqdm

from labkit.grading.environment import FIXED, grading_environment
from labkit.labs import Lab
from labkit.paths import Course
from labkit.workspace import make_workspace
from peers.in_kernel import Settings
from peers.measure import must

#: The kernel's name in notebooks for peers.
KERNEL = "course-python"
BENCHMARKS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Peer:
    """An installed peer.

    Args:
        programs: the folder of its commands.
        environment: the environment its commands run in.
    """

    programs: Path
    environment: dict[str, str]


def install(name: str, version: str, *, cache: Path, course: Course) -> Path:
    """Install a package into a virtual environment of its own, unless it is there.

    Args:
        name: the package.
        version: its version; what it shares with the course has the course's versions.
        cache: where environments are kept.
        course: has the constraints.

    Returns:
        The folder of the environment.

    Raises:
        CourseError: it could not be installed.
    """
    cache.mkdir(parents=True, exist_ok=True)
    home = cache / f"{name}-{version}-py{sys.version_info[0]}{sys.version_info[1]}"
    with FileLock(cache / f"{home.name}.lock"):
        if not (home / "installed").exists():
            tqdm.write(f"Installing {name} {version} into {home} (a minute or two)")
            log = cache / f"{home.name}.log"
            must([sys.executable, "-m", "venv", "--clear", str(home)], folder=cache, log=log)
            wanted = ["-c", str(course.root / "constraints.txt"), f"{name}=={version}"]
            python = str(home / "bin" / "python")
            must([python, "-m", "pip", "install", "-q", *wanted], folder=cache, log=log)
            (home / "installed").touch()
    return home


def peer_in(
    home: Path, folder: Path, *, course: Course, lab: Lab, template: Path, imports: bool = False
) -> Peer:
    """Make ready to run a peer: its kernel, and the workspace that each submission begins with.

    Args:
        home: what ``install`` returned.
        folder: where its files go; made if missing.
        course: where the data and the checks are.
        lab: what is graded.
        template: the tracking store, see ``make_workspace``; it is taken out again, because
            MLflow makes its own where there is no lab kit.
        imports: whether the kernel must be able to import the peer.
    """
    workspace = make_workspace(folder / "workspace", course=course, template=template)
    workspace.database.unlink()
    site = home / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    settings = Settings(
        course=str(course.root),
        lab=lab.name,
        workspace=str(workspace.root),
        also_import=str(site) if imports else "",
    )
    _write_kernel(folder / "jupyter" / "kernels" / KERNEL, settings)
    (folder / "tmp").mkdir()
    return Peer(
        programs=home / "bin",
        environment={
            **grading_environment(),
            "HOME": str(folder / "tmp"),
            "TMPDIR": str(folder / "tmp"),
            "IPYTHONDIR": str(folder / "tmp" / "ipython"),
            "JUPYTER_PATH": str(folder / "jupyter"),
            "PATH": os.pathsep.join([str(home / "bin"), os.environ.get("PATH", os.defpath)]),
        },
    )


def _write_kernel(folder: Path, settings: Settings) -> None:
    begin = "__import__('peers.in_kernel', fromlist=['begin']).begin()"
    spec = {
        "display_name": "Python of the course",
        "language": "python",
        "argv": [
            *(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
            f"--IPKernelApp.exec_lines={begin}",
        ],
        "env": {**FIXED, **settings.to_environment(), "PYTHONPATH": str(BENCHMARKS)},
    }
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
