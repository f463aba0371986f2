"""``airhook verify``: proves from the records in a data folder that nothing was lost, doubled or turned round.

The records are independent of each other: sessions, events with the number of deliveries they were planned for,
deliveries with the number of attempts they made, and the attempts themselves lie in different tables and files, and
each is held against the others. With what a receiver wrote down, that is held against them too.
"""

from airhook.tools.verify.checks import verify
from airhook.tools.verify.report import Finding, Report, text

__all__ = ["Finding", "Report", "text", "verify"]
