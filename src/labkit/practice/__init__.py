"""Folders to practise Git and DVC in, commands as typed in a terminal, and teams to work with.

In a notebook::

    from labkit.practice import begin, run

    folder = begin("first")             # an empty folder, practice/first of the course
    run("git init", folder)
    run("dvc init", folder)
"""

from labkit.practice.folder import begin, run
from labkit.practice.teams import broken_teams, deliveries, make_team

__all__ = ["WARM_UP", "begin", "broken_teams", "deliveries", "make_team", "run"]

#: Work like a lab's, for the sake of what DVC imports on first use (``labkit.warm.zygote``).
WARM_UP = """
import os
from pathlib import Path
from labkit.practice import begin, make_team
from labkit.practice.teams import type_in
os.environ["LABKIT_ROOT"] = os.environ["HOME"] = os.environ["DVC_SITE_CACHE_DIR"] = os.getcwd()
team = make_team(begin("warm-up"), [b"a", b"b"])
type_in(team.parent, "git clone -q team colleague")
type_in(
    team.parent / "colleague",
    "dvc pull", "dvc status", "dvc status --cloud", "dvc diff HEAD~1", "dvc checkout", "dvc push",
    "dvc remote list", "dvc data status",
)
"""
