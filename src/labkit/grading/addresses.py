"""Puts right what is true on one computer only: a server's address, a path below somebody's home.

Only a text that stands in the code as it is can be put right; what a program puts together fails
where it is used, and says so.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.grading.sources import parsed

#: Characters of a path that a sentence repeats.
MOST_CHARACTERS = 100
#: A tracking server on the student's own computer.
_OWN_SERVER = re.compile(r"https?://(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(:\d+)?/?")
#: A path below somebody's home or Colab's, or one only Windows understands.
_OWN_PLACE = re.compile(r"/(home|Users|root|content)/.+|~/.+|[A-Za-z]:[\\/].+|\.\.\\.+")
#: The part of a path that every course folder has.
_DATA = re.compile(r".*[\\/](data[\\/].+)")
#: What is given the address of a tracking store, as its first argument or by these names.
_TAKES_ADDRESS = {"set_tracking_uri", "set_registry_uri", "MlflowClient"}
_ADDRESS = re.compile(r"(tracking|registry)_?ur[il]", re.IGNORECASE)
_STORE = '__import__("os").environ["MLFLOW_TRACKING_URI"]'


@dataclass(frozen=True, slots=True)
class Change:
    """A text in the code, the code to put in its place (none if empty), and what to say of it."""

    text: ast.Constant
    instead: str
    said: str


def put_right(source: str) -> tuple[str, tuple[str, ...]]:
    """The source of a cell with addresses and paths that hold here.

    Args:
        source: a code cell as it was handed in.

    Returns:
        The source to run, every line where it was, and a sentence for each thing that was put
        right or could not be.
    """
    tree = parsed(source)
    changes = sorted(
        _changes(tree) if tree else (), key=lambda one: (one.text.lineno, one.text.col_offset)
    )
    lines = source.split("\n")
    for change in reversed(changes):
        if change.instead:
            line = lines[change.text.lineno - 1].encode()
            head, tail = line[: change.text.col_offset], line[change.text.end_col_offset :]
            lines[change.text.lineno - 1] = f"{head.decode()}{change.instead}{tail.decode()}"
    return "\n".join(lines), tuple(change.said for change in changes)


def _changes(tree: ast.Module) -> Iterator[Change]:
    addresses = {id(one) for one in _addresses(tree)}
    for one, text in _texts(tree):
        line = f"Line {one.lineno} names"
        if id(one) in addresses and _OWN_SERVER.fullmatch(text):
            said = f"{line} a server on one computer ({text}); the grader's store was used."
            yield Change(one, _STORE, said)
        elif _OWN_PLACE.fullmatch(text):
            instead = _DATA.sub(_below_the_course, text) if _DATA.fullmatch(text) else ""
            done = f"{_short(instead)} was used" if instead else "it was left as it is"
            said = f"{line} a place on one computer ({_short(text)}); {done}."
            yield Change(one, repr(instead) if instead else "", said)


def _below_the_course(found: re.Match[str]) -> str:
    """Where a lab, which runs in a folder of the course, finds the data."""
    return "../" + found[1].replace("\\", "/")


def _short(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"


def _texts(tree: ast.Module) -> Iterator[tuple[ast.Constant, str]]:
    """The texts in the code, but for those in f-strings, of several lines, or that do nothing."""
    nodes = list(ast.walk(tree))
    left_out = {
        id(part) for one in nodes if isinstance(one, ast.JoinedStr) for part in ast.walk(one)
    }
    left_out |= {id(one.value) for one in nodes if isinstance(one, ast.Expr)}
    for one in nodes:
        if (
            isinstance(one, ast.Constant)
            and isinstance(one.value, str)
            and one.lineno == one.end_lineno
            and id(one) not in left_out
        ):
            yield one, one.value


def _addresses(tree: ast.Module) -> Iterator[ast.expr]:
    """What the code takes for the address of a tracking store, names looked up where they stand."""
    given = [one for node in ast.walk(tree) for one in _given(node)]
    names = {one.id for one in given if isinstance(one, ast.Name)}
    yield from given
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id in names for target in node.targets
        ):
            yield node.value


def _given(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        first = node.args[0] if node.args else None
        if first is not None and name in _TAKES_ADDRESS:
            yield first
        if len(node.args) > 1 and _is_address(first):  # setdefault, setenv
            yield node.args[1]
        yield from (one.value for one in node.keywords if _ADDRESS.search(one.arg or ""))
    elif isinstance(node, ast.Assign) and any(map(_is_address, node.targets)):
        yield node.value


def _is_address(node: ast.expr | None) -> bool:
    """Whether a variable, an attribute, an item or a text is called like an address."""
    if isinstance(node, ast.Subscript):
        node = node.slice
    name = getattr(node, "id", getattr(node, "attr", getattr(node, "value", "")))
    return isinstance(name, str) and _ADDRESS.search(name) is not None
