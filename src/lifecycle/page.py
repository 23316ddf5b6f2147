"""One self-contained HTML page for a lineage or a history: no script, nothing from a network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from lifecycle.chain import Lineage
from lifecycle.committing import said
from lifecycle.ledger import Record
from lifecycle.links import Link

_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --good: #1a7f37; --bad: #c62828; --open: #8a6d00; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --good: #4cc46a; --bad: #ff7b72; --open: #d9b233; }} }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }}
ol {{ list-style: none; padding: 0; }}
.node {{ border: 1px solid; border-radius: .4rem; padding: .4rem .8rem; width: fit-content;
  font-weight: 600; overflow-wrap: anywhere; }}
.link {{ border-left: 3px solid; margin: 0 0 0 1.4rem; padding: .5rem 1rem; }}
.link.broken, .link.unknown {{ border-left-style: dashed; }}
.verified {{ border-color: var(--good); }} .broken {{ border-color: var(--bad); }}
.unknown {{ border-color: var(--open); }}
.verified b {{ color: var(--good); }} .broken b {{ color: var(--bad); }}
.unknown b {{ color: var(--open); }}
.side {{ margin-left: 2.8rem; }}
.event {{ border-left: 3px solid; padding: 0 1rem 1rem; }}
.event time, .event small {{ opacity: .75; }}
.event.production {{ border-color: var(--good); }} .event.rejected {{ border-color: var(--bad); }}
</style>
<h1>{title}</h1>
<p>{lead}</p>
<ol>
{items}
</ol>
</html>
"""
#: Links that come from the side into the chain, not along it.
_SIDE = {"environment"}


def lineage_page(found: Lineage) -> str:
    """The chain from the data down to the version, with the verdict on each link."""
    broken = [one for one in found.links if one.state != "verified"]
    lead = (
        "Every link was verified."
        if found.ok
        else f"{len(broken)} of {len(found.links)} links are not verified."
    )
    items, shown = [], set[str]()
    for link in found.links:
        side = " side" if link.source in _SIDE else ""
        if link.source not in shown:
            items.append(_node(found.labels[link.source], side))
        shown.add(link.source)
        items.append(_link(link, found, side))
    items.append(_node(found.labels["version"], ""))
    return _page(f"Where {found.name} version {found.version} came from", lead, items)


def history_page(name: str, records: Sequence[Record]) -> str:
    """Who promoted what, the latest first."""
    items = [_event(record) for record in reversed(records)]
    return _page(f"History of {name}", f"{len(records)} changes, the latest first.", items)


def _page(title: str, lead: str, items: Sequence[str]) -> str:
    return _PAGE.format(title=escape(title), lead=escape(lead), items="\n".join(items))


def _node(label: str, side: str) -> str:
    return f'<li class="node{side}">{escape(label)}</li>'


def _link(link: Link, found: Lineage, side: str) -> str:
    target = escape(found.labels[link.target])
    return (
        f'<li class="link {link.state}{side}"><b>{link.state}</b> &darr; {target}: '
        f"{escape(link.what)}</li>"
    )


def _event(record: Record) -> str:
    facts = [f"by {record.who}"]
    if record.approver:
        facts.append(f"approved by {record.approver}")
    if record.replaced:
        facts.append(f"version {record.replaced} was archived")
    if record.verdict:
        facts.append(record.verdict)
    told = said(record)
    return (
        f'<li class="event {escape(record.to)}"><time>{escape(record.when)}</time><br>'
        f"<strong>{escape(told[0].upper() + told[1:])}</strong><br>{escape(record.why)}<br>"
        f"<small>{escape('; '.join(facts))}</small></li>"
    )
