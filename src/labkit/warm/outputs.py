"""The outputs of a cell, as they come: of too many, the head and the tail are kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

Output = dict[str, Any]

#: Characters kept of the start of a cell's text, and as many of its end.
MOST_TEXT = 20_000
#: Outputs other than text kept from the start of a cell, and of its end.
MOST_OUTPUTS, LAST_OUTPUTS = 40, 5
#: Characters one picture, table or error may have, and all of a cell together.
MOST_CHARACTERS, MOST_OF_A_CELL = 2_000_000, 6_000_000


class Text:
    """A text of any length, of which the head and the tail are kept."""

    def __init__(self) -> None:
        self._head: list[str] = []
        self._tail: deque[str] = deque()
        self._room = self._slack = MOST_TEXT
        self._left_out = 0

    def write(self, text: str) -> None:
        """Add to its end."""
        if self._room:
            self._head.append(text[: self._room])
            text, self._room = text[self._room :], max(0, self._room - len(text))
        if text:
            self._left_out += max(0, len(text) - MOST_TEXT)
            text = text[-MOST_TEXT:]
            self._tail.append(text)
            self._slack -= len(text)
            while self._slack + len(self._tail[0]) <= 0:
                dropped = len(self._tail.popleft())
                self._slack, self._left_out = self._slack + dropped, self._left_out + dropped

    def __str__(self) -> str:
        said = f"\n… {self._left_out:,} characters left out …\n" if self._left_out else ""
        return f"{''.join(self._head)}{said}{''.join(self._tail)}"


class Outputs:
    """What one cell shows."""

    def __init__(self) -> None:
        self._kept: list[Output] = []
        self._last: deque[Output] = deque(maxlen=LAST_OUTPUTS)
        self._texts: dict[int, Text] = {}
        self._characters = self._left_out = 0
        self._clear_before_next = False

    def text(self, name: str, text: str) -> None:
        """Add what was printed to ``stdout`` or ``stderr``."""
        self._make_way()
        before = self._kept[-1] if self._kept and not self._last else {}
        if before.get("output_type") != "stream" or before["name"] != name:
            before = {"output_type": "stream", "name": name, "text": ""}
            if not self._keep(before, 0):
                return
            self._texts[id(before)] = Text()
        self._texts[id(before)].write(text)

    def add(self, output: Output) -> None:
        """Add a picture, a table, a result or an error."""
        self._make_way()
        size = _size(output)
        if size > MOST_CHARACTERS:
            output = _note(f"An output of {size:,} characters was left out.")
            size = 0
        self._keep(output, size)

    def update(self, display_id: str, data: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
        """Show something else where a display with this id is shown."""
        for one in (*self._kept, *self._last):
            if one.get("display_id") == display_id and _size(data) <= MOST_CHARACTERS:
                one["data"], one["metadata"] = dict(data), dict(metadata)

    def clear(self, *, wait: bool) -> None:
        """Forget what was shown, at once or when the next output comes."""
        self._clear_before_next = wait
        if not wait:
            self._kept.clear()
            self._last.clear()
            self._texts.clear()
            self._characters = self._left_out = 0

    def result(self) -> list[Output]:
        """The outputs, as a notebook holds them."""
        shown = [*self._kept]
        if self._left_out:
            shown.append(_note(f"{self._left_out:,} outputs were left out."))
        shown += self._last
        return [self._finished(one) for one in shown]

    def _make_way(self) -> None:
        if self._clear_before_next:
            self.clear(wait=False)

    def _keep(self, output: Output, size: int) -> bool:
        """Keep an output at the head while there is room, then at the tail."""
        fits = self._characters + size <= MOST_OF_A_CELL
        if fits and len(self._kept) < MOST_OUTPUTS:
            self._kept.append(output)
            self._characters += size
            return True
        if output["output_type"] == "stream" or not fits:
            self._left_out += 1
            return False
        self._left_out += len(self._last) == LAST_OUTPUTS
        self._last.append(output)
        return True

    def _finished(self, output: Output) -> Output:
        text = self._texts.get(id(output))
        finished = {name: value for name, value in output.items() if name != "display_id"}
        return {**finished, "text": str(text)} if text else finished


def _size(value: object) -> int:
    """Characters in all the texts of a value."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(_size, value))
    return 8


def _note(text: str) -> Output:
    return {"output_type": "stream", "name": "stderr", "text": f"{text}\n"}
