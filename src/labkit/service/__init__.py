"""The check service: answers a notebook's question for a verdict from evidence."""
