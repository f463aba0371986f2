"""Adapters of media servers: pure functions from a hook's request to what it reports, and from a report to the answer."""
