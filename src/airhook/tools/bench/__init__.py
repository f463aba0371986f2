"""``airhook bench``: what this machine makes of Airhook, measured on real parts (``docs/bench.md``).

Every figure is taken from a run that has just happened. Beside it stands what the machine itself can do in the same
run: the bare loop (libcurl alone) and its fsync times.
"""
