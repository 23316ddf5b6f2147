"""``python -m moe_ids.data``: make the course's flows, get real data, look at data."""

from moe_ids.data.command import cli

cli(prog_name="python -m moe_ids.data")
