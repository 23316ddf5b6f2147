"""``python -m moe_ids.prepare``: load and check data, divide them, and write both to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from moe_ids.telling import telling


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--dataset", help="flows, flows-unsw, cicids2017 or unsw_nb15.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--params", type=click.Path(path_type=Path), default=Path("params.yaml"))
@telling
def command(**given: Any) -> None:
    """Divide the real data where they are here, else the course's flows, as params.yaml says."""
    from moe_ids.prepared import Prepared, write_prepared
    from moe_ids.request import request

    asked = request(given)
    data = asked.load()
    for note in data.notes:
        click.echo(note, err=True)
    parts = asked.divide(data)
    write_prepared(given["out"], Prepared(data, parts, asked.about))
    counts = ", ".join(f"{len(getattr(parts, one)):,} {one}" for one in ("train", "valid", "test"))
    click.echo(f"{given['out']}: {counts} rows, split {parts.id} by {parts.method}")


if __name__ == "__main__":
    command(prog_name="python -m moe_ids.prepare")
