"""Points out to the instructor what honest work has no reason to do; it costs no points.

Code is read, not run, and what is put together while it runs is not seen: a flag is a reason to
look at a submission, its absence proves nothing. What an attack reaches is decided elsewhere.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode

from labkit.grading.match import exercise_of, role_of
from labkit.grading.sources import parsed

#: Attributes and functions by name, wherever they are taken from.
_NAMES: Mapping[str, str] = {
    **dict.fromkeys(
        ("input_transformers_post", "input_transformers_cleanup", "ast_transformers"),
        "changes the code of other cells",
    ),
    **dict.fromkeys(
        ("_getframe", "currentframe", "getouterframes", "f_back", "f_globals", "tb_frame"),
        "searches the memory of its process",
    ),
    **dict.fromkeys(
        ("get_objects", "get_referrers", "get_referents", "__subclasses__"),
        "searches the memory of its process",
    ),
    "__builtins__": "reaches for Python's own functions",
    **dict.fromkeys(("getppid", "process_iter"), "looks for processes it did not start"),
    **dict.fromkeys(("__reduce__", "__reduce_ex__"), "makes an object that acts when it is loaded"),
}
#: Functions of one module only.
_FUNCTIONS: Mapping[str, str] = {
    **dict.fromkeys(("os._exit", "os.abort"), "ends its own process"),
    **dict.fromkeys(
        ("os.fork", "os.forkpty", "os.setsid", "os.setpgid", "os.setpgrp"),
        "starts processes that detach themselves",
    ),
    **dict.fromkeys(
        ("sys.settrace", "sys.setprofile", "sys.addaudithook", "sys.meta_path"),
        "changes how other code runs",
    ),
    "signal.signal": "changes how it may be stopped",
    "atexit.register": "runs code after the last cell",
}
#: What is written in the code, or asked for by name.
_TEXTS: Mapping[re.Pattern[str], str] = {
    re.compile(
        r"(^|[\\/])(hidden|checks)(\.py|[\\/])|gradebook|(journal|details)\.jsonl|batch\.json"
        r"|content[\\/]labs|labkit[\\/](grading|checks|evidence|warm)|(^|[\\/])answers[\\/]\d"
    ): "names files of the grader",
    re.compile(r"(^|[\\/])\.course([\\/]|$)|(^|[\\/])declared[\\/]"): "reaches into `.course`",
    re.compile(r"/proc/(self|thread-self|\d*)(/|$)"): "looks into processes (/proc)",
    re.compile(
        r"\b(insert|replace)\s+(or\s+\w+\s+)?into\s+[^\s(]+\s*(\([^)]{0,500}\)\s*)?(values|select)\b"
        r"|\bdelete\s+from\s+\S+\s+where\b|\bupdate\s+\S+\s+set\b",
        re.IGNORECASE,
    ): "writes into a database past MLflow",
    re.compile(r"Exercise \d+\.\d+: [\d.]+ of [\d.]+ points?"): "prints what looks like a verdict",
}
#: Modules by the first parts of their names.
_MODULES: Mapping[str, str] = {
    "ctypes": "calls the system past Python",
    **dict.fromkeys(
        ("labkit.grading", "labkit.checks", "labkit.evidence", "labkit.warm", "labkit.service"),
        "imports what grades it",
    ),
}
#: Ways to turn text into code that nobody can read.
_UNPACKING = frozenset(
    ("b64decode", "b32decode", "a85decode", "decompress", "fromhex", "loads", "decode")
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the cells up to here import, by the names it goes under, and what they define."""

    modules: dict[str, str] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)

    def add(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for one in node.names:
                    first = one.name.partition(".")[0]
                    self.modules[one.asname or first] = one.name if one.asname else first
            elif isinstance(node, ast.ImportFrom):
                for one in node.names:
                    self.modules[one.asname or one.name] = f"{node.module}.{one.name}"
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                self.own.add(node.name)

    def name(self, node: ast.AST) -> str:
        """The full name of something taken from a module, such as ``os.kill``; else empty."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.modules:
            return ""
        return ".".join([self.modules[node.id], *reversed(parts)])


def flags_of(notebook: NotebookNode) -> tuple[str, ...]:
    """What to point out in the cells a student wrote.

    Args:
        notebook: what ``repair`` made.

    Returns:
        Sentences without a full stop, each naming its cell as errors do; none for honest work.
    """
    found, number, known = [], 0, _Known()
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        number += 1
        tree = parsed(cell.source) or ast.Module([], [])
        known.add(tree)
        if role_of(cell) in {"answer", "extra"}:
            exercise = next(filter(None, map(exercise_of, notebook.cells[index:])), "")
            place = f"Cell {number} (exercise {exercise})" if exercise else f"Cell {number}"
            found += [f"{place} {what}" for what in sorted(set(_seen(tree, known)))]
    return tuple(found)


def _seen(tree: ast.Module, known: _Known) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _of_import(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _of_text(node.value)
        elif isinstance(node, (ast.Attribute, ast.Name)):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            yield from filter(None, (_NAMES.get(name), _FUNCTIONS.get(known.name(node))))
        elif isinstance(node, ast.FunctionDef):
            yield from _of_definition(node)
        elif isinstance(node, ast.Assign):
            yield from _of_assignment(node, known)
        elif isinstance(node, ast.Call):
            yield from _of_call(node, known)


def _of_text(text: str) -> Iterator[str]:
    yield from (said for pattern, said in _TEXTS.items() if pattern.search(text))
    yield from filter(None, [_NAMES.get(text)])


def _of_import(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    taken = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    for name in (f"{taken}{one.name}." for one in node.names):
        yield from (said for module, said in _MODULES.items() if name.startswith(f"{module}."))


def _of_definition(node: ast.FunctionDef) -> Iterator[str]:
    yield from filter(None, [_NAMES.get(node.name)])
    only = node.body[0] if len(node.body) == 1 else None
    always = isinstance(only, ast.Return) and isinstance(only.value, ast.Constant)
    if node.name == "__eq__" and always:
        yield "makes an object that equals everything"


def _of_assignment(node: ast.Assign, known: _Known) -> Iterator[str]:
    """A function of a module, replaced by one written here; or a whole module."""
    made_here = isinstance(node.value, ast.Lambda) or (
        isinstance(node.value, ast.Name) and node.value.id in known.own
    )
    for target in node.targets:
        name = known.name(target)
        if isinstance(target, ast.Attribute) and made_here and name:
            yield f"replaces {name}"
        if isinstance(target, ast.Subscript) and known.name(target.value) == "sys.modules":
            yield "replaces modules"


def _of_call(node: ast.Call, known: _Known) -> Iterator[str]:
    name = known.name(node.func)
    bare = node.func.id if isinstance(node.func, ast.Name) else ""
    if name in {"os.kill", "os.killpg"} and node.args:
        yield from _of_kill(node.args[0], known)
    if bare in {"exec", "eval"} and _UNPACKING.intersection(_called_in(node)):
        yield "runs code that is hidden in text"
    if bare == "setattr" and len(node.args) == 3 and known.name(node.args[0]):
        module, attribute = known.name(node.args[0]), node.args[1]
        if isinstance(attribute, ast.Constant):
            yield f"replaces {module}.{attribute.value!s:.60}"
        else:
            yield f"replaces parts of {module}"
    if any(one.arg == "start_new_session" for one in node.keywords):
        yield "starts processes that detach themselves"
    if isinstance(node.func, ast.Attribute) and node.func.attr == "register":
        events = getattr(node.func.value, "attr", "") == "events"
        yield from ["runs code around other cells"] if events else []


def _of_kill(target: ast.expr, known: _Known) -> Iterator[str]:
    asked = known.name(target.func) if isinstance(target, ast.Call) else ""
    if asked == "os.getpid":
        yield "ends its own process"
    elif asked == "os.getppid" or isinstance(target, (ast.Constant, ast.UnaryOp)):
        yield "stops processes it did not start"


def _called_in(node: ast.Call) -> set[str]:
    """The last names of all functions that are called for the arguments of a call."""
    calls = (one for argument in node.args for one in ast.walk(argument))
    return {
        str(getattr(one.func, "attr", getattr(one.func, "id", "")))
        for one in calls
        if isinstance(one, ast.Call)
    }
