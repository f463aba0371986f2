"""``python -m airhook`` is the ``airhook`` command."""

from airhook.cli import main

main()
