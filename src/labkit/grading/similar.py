"""Finds submissions that are the same, and such that look alike.

The same cells under another name are executed once, and each row says of whom it is a copy. What
is alike but not the same is listed in ``similar.csv``: for an instructor to read, never a matter
of points.

Likeness is the Jaccard index of shingles (Broder, "On the resemblance and containment of
documents", 1997): runs of tokens, after comments, white space and the names of variables are
taken out. Shingles that the lab itself holds, its solution included, and those that many share
say nothing and do not count.
"""

from __future__ import annotations

import hashlib
import io
import keyword
import re
import tokenize
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from labkit.grading.cells import StudentCell
from labkit.grading.files import write_table
from labkit.grading.load import Submission
from labkit.grading.outcome import Graded
from labkit.labs import Lab

#: Tokens in a shingle: about one call with an argument.
LENGTH = 6
#: Shingles a submission must hold beyond what everyone has, before likeness means anything.
FEWEST = 12
#: Characters of a submission that are compared: many times what a lab asks for.
MOST = 100_000
#: From which Jaccard index on a pair is listed.
ALIKE = 0.6
#: What more submissions than these share is the way of the class: a share of it, within bounds.
COMMON_SHARE, COMMON_LEAST, COMMON_MOST = 0.1, 3, 100
#: How many copies a row names.
NAMED = 5

_QUIET = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
_ROUGHLY = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Read:
    """What a batch remembers of a submission that was read.

    Args:
        digest: of what was handed in.
        content: names all that decides its outcome: with the same lab, equal contents have equal
            outcomes. A value that a student gets and others do not would belong to it. Empty where
            the submission cannot be read.
        shingles: hashes of its shingles, each once.
    """

    digest: str
    content: str
    shingles: array[int]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two submissions that look alike. ``likeness`` is the Jaccard index, 1 for the same."""

    one: str
    other: str
    likeness: float


class Reader:
    """Takes from submissions what tells whether they are alike.

    Args:
        lab: what they were handed in for.
    """

    def __init__(self, lab: Lab) -> None:
        given = lab.student_notebook()
        self._lab = lab.name
        self._ids = {str(cell.id) for cell in given.cells}
        code = [cell.source for cell in given.cells if cell.cell_type == "code"]
        self._given = set(code)
        code += [cell.source for cell in lab.solution_notebook().cells if cell.cell_type == "code"]
        self._known = {one for source in code for one in _shingles(source)}

    def read(self, submission: Submission) -> Read:
        """What to remember of a submission.

        Args:
            submission: what was handed in.
        """
        if submission.problem is not None:
            return Read(submission.digest, "", array("Q"))
        return Read(submission.digest, self._content(submission.cells), self._own(submission.cells))

    def _content(self, cells: Sequence[StudentCell]) -> str:
        digest = hashlib.sha256(self._lab.encode())
        for cell in cells:
            # Ids that are not the lab's are made up anew by whatever saves the notebook.
            id_ = cell.id if cell.id in self._ids else ""
            digest.update(repr(replace(cell, id=id_, source=cell.source.rstrip())).encode())
        return digest.hexdigest()

    def _own(self, cells: Sequence[StudentCell]) -> array[int]:
        found, left = set[int](), MOST
        for cell in cells:
            if cell.kind == "code" and cell.source not in self._given:
                found.update(_shingles(cell.source[:left]))
                left = max(0, left - len(cell.source))
        return array("Q", sorted(found - self._known))


def copies(contents: Mapping[str, str]) -> list[list[str]]:
    """The names that share a content, two or more, each group in order of name.

    Args:
        contents: ``Read.content`` by name; an empty one is nobody's copy.
    """
    groups = defaultdict(list)
    for name in sorted(contents):
        if contents[name]:
            groups[contents[name]].append(name)
    return [names for names in groups.values() if len(names) > 1]


def flag_copies(graded: Iterable[Graded], contents: Mapping[str, str]) -> tuple[Graded, ...]:
    """Have each outcome say of whom it is a copy.

    An untouched lab is nobody's copy, however many hand it in.

    Args:
        graded: the outcomes.
        contents: ``Read.content`` by name.

    Returns:
        The outcomes, in order of name.
    """
    by_name = {one.name: one for one in sorted(graded, key=lambda one: one.name)}
    answered = {name: contents.get(name, "") for name, one in by_name.items() if one.answered}
    for group in copies(answered):
        for name in group:
            others = [other for other in group if other != name]
            more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
            flag = f"the same cells as {', '.join(others[:NAMED])}{more}"
            by_name[name] = replace(by_name[name], flags=(*by_name[name].flags, flag))
    return tuple(by_name.values())


def similar_pairs(read: Mapping[str, Read]) -> list[Pair]:
    """The pairs that look alike, the most alike first.

    Copies are paired with the first of them only, which stands for all.

    Args:
        read: every submission of the class, by name.
    """
    groups = copies({name: one.content if one.shingles else "" for name, one in read.items()})
    doubles = {name for group in groups for name in group[1:]}
    pairs = [Pair(group[0], name, 1.0) for group in groups for name in group[1:]]
    pairs += _near({name: one.shingles for name, one in read.items() if name not in doubles})
    return sorted(pairs, key=lambda pair: (-pair.likeness, pair.one, pair.other))


def write_similar(out: Path, pairs: Iterable[Pair]) -> None:
    """Write ``similar.csv``.

    Raises:
        CourseError: it cannot be written.
    """
    rows = ([pair.one, pair.other, f"{pair.likeness:.2f}"] for pair in pairs)
    write_table(out / "similar.csv", ["submission", "looks like", "likeness"], rows)


def _near(shingles: Mapping[str, array[int]]) -> Iterator[Pair]:
    """Pairs of at least ``ALIKE``; compared are only those that share an uncommon shingle."""
    names = sorted(shingles)
    whose = np.repeat(np.arange(len(names)), [len(shingles[name]) for name in names])
    every = np.array([one for name in names for one in shingles[name]], np.uint64)
    _, which, held = np.unique(every, return_inverse=True, return_counts=True)
    most = max(COMMON_LEAST, min(int(COMMON_SHARE * len(names)), COMMON_MOST))
    rare = held[which] <= most
    sizes = np.bincount(whose[rare], minlength=len(names))
    enough = rare & (sizes[whose] >= FEWEST) & (held[which] > 1)
    whose, which = whose[enough], which[enough]
    by_shingle = np.argsort(which, kind="stable")
    holders, first = whose[by_shingle], np.searchsorted(which[by_shingle], np.arange(len(held) + 1))
    mine = np.searchsorted(whose, np.arange(len(names) + 1))
    for one, name in enumerate(names):
        lists = [holders[first[at] : first[at + 1]] for at in which[mine[one] : mine[one + 1]]]
        if lists:
            shared = np.bincount(np.concatenate(lists), minlength=len(names))[:one]
            likeness = shared / (sizes[one] + sizes[:one] - shared)
            for other in np.flatnonzero(likeness >= ALIKE):
                yield Pair(names[other], name, round(float(likeness[other]), 4))


def _shingles(source: str) -> Iterator[int]:
    words = _words(source)
    for start in range(len(words) - LENGTH + 1):
        text = "\0".join(words[start : start + LENGTH])
        digest = hashlib.blake2b(text.encode(errors="replace"), digest_size=8).digest()
        yield int.from_bytes(digest, "big")


def _words(source: str) -> list[str]:
    """The tokens that count: attributes, what is called, keywords; all other names are alike."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):  # a magic, a shell command, an unfinished cell
        return _ROUGHLY.findall(source)
    loud = [one for one in tokens if one.type not in _QUIET]
    words, depth = [], 0
    for before, one, after in zip([None, *loud], loud, [*loud[1:], None], strict=False):
        depth += (one.string in "([{") - (one.string in ")]}")
        fixed = (
            one.type != tokenize.NAME
            or keyword.iskeyword(one.string)
            or (before is not None and before.string == ".")
            or (after is not None and (after.string == "(" or (after.string == "=" and depth)))
        )
        words.append(one.string if fixed else "name")
    return words
