"""Screenshots: from a key frame to a JPEG, every so often (``job``), and from the JPEG to its events (``handler``)."""
