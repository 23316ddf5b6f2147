"""Text and mermaid of what the commands find."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lifecycle.bootstrap import number
from lifecycle.chain import Lineage
from lifecycle.committing import said
from lifecycle.comparison import Comparison
from lifecycle.integrity import Verification
from lifecycle.ledger import Record
from lifecycle.links import BROKEN, VERIFIED
from lifecycle.looking import Current
from lifecycle.reproducing import Reproduction
from lifecycle.requirements import Finding


def table(rows: Iterable[Sequence[str]], header: Sequence[str]) -> str:
    """Rows in aligned columns under a header."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    padded = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([padded[0], "  ".join("-" * width for width in widths), *padded[1:]])


def current_text(found: Current) -> str:
    """Who holds which alias, since when and by whom."""
    rows = []
    for alias, slot in found.slots.items():
        if slot is None:
            rows.append((alias, "-", "", "", ""))
            continue
        record = slot.since
        since = (_clock(record), record.who, record.why) if record else ("", "", "")
        rows.append((alias, str(slot.version), *since))
    problems = [f"Changed by other means: {problem}" for problem in found.problems]
    return "\n".join([table(rows, ("alias", "version", "since (UTC)", "by", "why")), *problems])


def history_text(records: Sequence[Record]) -> str:
    """A line per record."""
    rows = [
        (str(one.seq), _clock(one), one.who, _told(one), one.approver, one.why) for one in records
    ]
    return table(rows, ("#", "when (UTC)", "who", "what", "approved by", "why"))


def comparison_text(found: Comparison) -> str:
    """Versions side by side, and each verdict in words."""
    logged = sorted({key for one in found.versions for key in one.metrics})
    rows = []
    for one in found.versions:
        base = f"all are compared with version {one.version}"
        estimate = str(one.estimate) if one.estimate else "-"
        values = [_value(one.metrics.get(key)) for key in logged]
        rows.append((str(one.version), one.stage, estimate, *values, str(one.verdict or base)))
    header = ("version", "stage", f"{found.metric} (held out)", *logged, "verdict")
    notes = [
        f"Version {one.version}: {one.verdict.doubt}; two such values, compared without their "
        "rows, would prove nothing."
        for one in found.versions
        if one.verdict and one.verdict.doubt
    ]
    return "\n".join([table(rows, header), *notes])


def findings_text(findings: Iterable[Finding]) -> str:
    """A line per requirement."""
    rows = [("yes" if one.ok else "NO", one.requirement, one.what) for one in findings]
    return table(rows, ("holds", "rule", "what was found"))


def verification_text(found: Verification) -> str:
    """Whether the files, and the data, are what they were."""
    lines = list(found.problems) or [f"{found.files} files are those that were registered"]
    return "\n".join([*lines, *(f"data {path}: {state}" for path, state in found.data.items())])


def reproduction_text(found: Reproduction) -> str:
    """The outcome, and which packages are not as they were."""
    packages = [f"  {line}" for line in found.environment]
    told = ["The environment is not as it was then:", *packages] if packages else []
    return "\n".join([f"{found.reason} ({found.seconds:g} s)", *told])


def lineage_text(found: Lineage) -> str:
    """A line per link."""
    rows = [
        (found.labels[one.source], found.labels[one.target], one.state, one.what)
        for one in found.links
    ]
    return table(rows, ("from", "to", "link", "what was found"))


def lineage_mermaid(found: Lineage) -> str:
    """The chain as a mermaid flowchart; a link that is not verified is dotted."""
    lines = ["flowchart LR"]
    lines += [f'  {node}["{_quoted(label)}"]' for node, label in found.labels.items()]
    for one in found.links:
        arrow = f"-- {one.state} -->" if one.state == VERIFIED else f"-. {one.state} .->"
        lines.append(f"  {one.source} {arrow} {one.target}")
    broken = [str(place) for place, one in enumerate(found.links) if one.state == BROKEN]
    if broken:
        lines.append(f"  linkStyle {','.join(broken)} stroke:#b00020,color:#b00020")
    return "\n".join(lines)


def _told(record: Record) -> str:
    replaced = f", version {record.replaced} archived" if record.replaced else ""
    verdict = f"; {record.verdict}" if record.verdict else ""
    return f"{said(record)}{replaced}{verdict}"


def _clock(record: Record) -> str:
    return record.when[:16].replace("T", " ")


def _value(value: float | None) -> str:
    return "-" if value is None else number(value)


def _quoted(text: str) -> str:
    # Mermaid reads entities; quotes and angle brackets would end the label or start a tag.
    return text.replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
