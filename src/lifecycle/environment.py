"""The software environment of a run: Python, platform, and every installed distribution."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping


def environment() -> str:
    """This process's environment, one ``name==version`` a line after two lines of comments."""
    # Once each: asked for a name, then for a version, a distribution reads its file both times.
    read = (one.metadata for one in importlib.metadata.distributions())
    found = {str(one["Name"]).lower(): one["Version"] for one in read if one["Name"]}
    listed = [f"{name}=={version}" for name, version in sorted(found.items())]
    return "\n".join(
        [f"# Python {platform.python_version()}", f"# {platform.platform()}", *listed, ""]
    )


def differences(recorded: str, here: str) -> list[str]:
    """What differs between two environments, one sentence each.

    Args:
        recorded: what ``environment`` returned then.
        here: what it returns now.
    """
    before, now = _parsed(recorded), _parsed(here)
    return [
        f"{name} {now.get(name, 'is missing')}, then {before.get(name, 'not there')}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def _parsed(text: str) -> Mapping[str, str]:
    lines = text.splitlines()
    found = dict(line.split("==", 1) for line in lines if "==" in line and line[0] != "#")
    if lines and lines[0].startswith("# Python "):
        found["Python"] = lines[0].removeprefix("# Python ")
    return found
