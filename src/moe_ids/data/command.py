"""The command line of the data."""

from __future__ import annotations

from pathlib import Path

import click

from moe_ids.telling import telling

a_folder = click.Path(path_type=Path, file_okay=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Make the course's flows, get real data, look at data."""


@cli.command()
@click.option("--version", type=click.Choice(["v1", "v2"]), default="v1", show_default=True)
@click.option("--out", type=a_folder, required=True, help="The folder that gets flows.csv.")
@click.option("--rows", type=click.IntRange(200), help="Fewer or more rows; 20,000 unless given.")
@telling
def make(version: str, out: Path, rows: int | None) -> None:
    """Make the course's own flows, the same bytes on every machine."""
    from moe_ids.flows import RECIPES, make_flows, write_flows

    recipe = RECIPES[version]
    path = out / "flows.csv"
    write_flows(make_flows(recipe.with_rows(rows) if rows else recipe), path)
    click.echo(f"{path}: {path.stat().st_size:,} bytes")


@cli.command()
@click.argument("name", type=click.Choice(["cicids2017", "unsw_nb15"]))
@click.option(
    "--from", "files_from", type=click.Path(path_type=Path), help="Local files, or their folder."
)
@click.option(
    "--form",
    type=click.Choice(["features", "flows"]),
    default="features",
    show_default=True,
    help="Of CICIDS2017: features only (MachineLearningCVE), or with addresses and times "
    "(TrafficLabelling), which the temporal expert needs.",
)
@click.option(
    "--out",
    type=a_folder,
    help="The folder for real data; what MOE_IDS_DATA names, else .course/real, unless given.",
)
@telling
def fetch(name: str, files_from: Path | None, form: str, out: Path | None) -> None:
    """Get a real data set: download it, or take local files."""
    from moe_ids.data.fetch import SOURCES, download, take
    from moe_ids.data.places import real_data

    folder = out or real_data(Path.cwd())
    source = SOURCES[name]
    if files_from:
        files = take(name, files_from, folder)
    else:
        files = download(name, folder, form=form, source=source)
    for file in files:
        click.echo(f"{file}: {file.stat().st_size:,} bytes")
    click.echo(f"{source.terms} {source.page}")


@cli.command()
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path))
@telling
def look(name: str, path: Path) -> None:
    """Load data of the kind NAME from PATH, and say what is in them."""
    from moe_ids.data.dataset import LABEL
    from moe_ids.data.loading import load

    data = load(name, path)
    click.echo(f"{len(data):,} rows, {len(data.features)} features")
    for label, count in data.frame[LABEL].value_counts().items():
        click.echo(f"{label:>16} {count:>10,}")
    for note in data.notes:
        click.echo(note)
