"""The HTTP face: one port, and who answers what on it."""
