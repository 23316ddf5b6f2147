"""The course's own network flows, made by a seeded generator: no real traffic is in them."""

from moe_ids.flows.make import COLUMNS, make_flows, with_fault, write_flows
from moe_ids.flows.versions import LABELS, RECIPES

__all__ = ["COLUMNS", "LABELS", "RECIPES", "make_flows", "with_fault", "write_flows"]
