"""Where things are kept: the tables of every backend, and one folder for each backend (design D12)."""
