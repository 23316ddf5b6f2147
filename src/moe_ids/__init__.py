"""The case study: intrusion detection on network flows, from data to a served mixture of experts.

Read with :func:`moe_ids.data.load`, divide with :func:`moe_ids.splits.split`, prepare with
:mod:`moe_ids.features`. The course's own flows are made by :mod:`moe_ids.flows`.
"""
