"""The card a verdict is shown on: as HTML for notebooks, as text everywhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from labkit.checks import CheckResult, ExerciseResult

_GREEN, _AMBER, _RED, _GREY = "#2e7d32", "#b26a00", "#c62828", "#5f6b7a"
_BOX = (
    "border:1px solid {colour};border-left:6px solid {colour};border-radius:4px;"
    "padding:8px 14px;margin:4px 0;max-width:52em"
)
_HINT = f"margin:2px 0 6px 22px;border-left:3px solid {_GREY};padding-left:8px"


_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Card:
    """What IPython displays."""

    html: str
    text: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a card: a mark, a sentence, and a hint or nothing."""

    share: float
    message: str
    hint: str = ""


def lines_of(result: ExerciseResult, *, second_hints: frozenset[str] = frozenset()) -> list[Line]:
    """The lines of a card for what a person may see: hidden checks are summed up in one line.

    Args:
        result: the outcome of an exercise.
        second_hints: ``check/hint`` of those hints whose second sentence is due.
    """
    lines: list[Line] = []
    for one in result.results:
        if not one.hidden:
            hint = _hint(one, second_hints)
            # One mistake often fails several checks; its hint is told once.
            again = hint in {line.hint for line in lines}
            share = _share(one.points, one.max_points)
            lines.append(Line(share, one.message, "" if again else hint))
    hidden = [one for one in result.results if one.hidden]
    if hidden:
        points = round(sum(one.points for one in hidden), 2)
        most = round(sum(one.max_points for one in hidden), 2)
        lines.append(
            Line(_share(points, most), f"Hidden checks: {_number(points)} of {_points(most)}.")
        )
    return lines


def make_card(result: ExerciseResult, lines: Sequence[Line], *, notes: Sequence[str] = ()) -> Card:
    """The card of an exercise.

    Args:
        result: its outcome, for the heading.
        lines: what to show of it, from ``lines_of``.
        notes: sentences below the lines: an earlier success, a repair, an error in a cell.
    """
    heading = (
        f"Exercise {result.exercise}: {_number(result.points)} of {_points(result.max_points)}"
    )
    return Card(_html(heading, result, lines, notes), _text(heading, lines, notes))


def card_html(result: ExerciseResult, *, notes: Sequence[str] = ()) -> str:
    """The HTML of the card a graded submission gets, with the plainest hint."""
    second = frozenset(f"{one.check}/{one.hint}" for one in result.results)
    return make_card(result, lines_of(result, second_hints=second), notes=notes).html


def _html(heading: str, result: ExerciseResult, lines: Sequence[Line], notes: Sequence[str]) -> str:
    colour = _GREEN if result.passed else (_AMBER if result.points else _RED)
    parts = [
        f'<div style="{_BOX.format(colour=colour)}">',
        f'<div style="font-weight:bold;color:{colour}">{escape(heading)}</div>',
    ]
    for line in lines:
        mark, tint = _mark(line.share)
        parts.append(
            f'<div style="margin:4px 0"><span style="color:{tint};font-weight:bold">{mark}</span> '
            f"{_prose(line.message)}</div>"
        )
        if line.hint:
            parts.append(f'<div style="{_HINT}"><b>Hint:</b> {_prose(line.hint)}</div>')
    parts += [f'<div style="margin:6px 0;font-style:italic">{_prose(note)}</div>' for note in notes]
    return "\n".join([*parts, "</div>"])


def _prose(sentence: str) -> str:
    """A sentence as HTML, what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(sentence))


def _text(heading: str, lines: Sequence[Line], notes: Sequence[str]) -> str:
    parts = [heading]
    for line in lines:
        parts.append(f"  {_mark(line.share)[0]} {line.message}")
        if line.hint:
            parts.append(f"      Hint: {line.hint}")
    return "\n".join([*parts, *(f"  {note}" for note in notes)])


def _hint(one: CheckResult, second_hints: frozenset[str]) -> str:
    if one.hint_texts is None:
        return ""
    return one.hint_texts[f"{one.check}/{one.hint}" in second_hints]


def _mark(share: float) -> tuple[str, str]:
    """✓ for all, ✗ for none, ◐ for a part, with its colour: never by colour alone."""
    if share >= 1:
        return "✓", _GREEN
    return ("◐", _AMBER) if share > 0 else ("✗", _RED)


def _share(points: float, most: float) -> float:
    return points / most if most else 1.0


def _number(points: float) -> str:
    return f"{points:g}"


def _points(points: float) -> str:
    return f"{points:g} point" if points == 1 else f"{points:g} points"
