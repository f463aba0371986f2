"""The audit log within a transaction."""

from airhook.core.audit import AuditEntry
from airhook.storage.records import Records
from airhook.storage.rows import AUDIT_LOG
from airhook.storage.tables import audit_log


class AuditTx(Records):
    def put_audit(self, entry: AuditEntry) -> None:
        self._write(AUDIT_LOG.insert, [AUDIT_LOG.row(entry, self._box)])

    def forget_audit(self, before_ms: int) -> None:
        """Take out what is older."""
        self._write(audit_log.delete().where(audit_log.c.at_ms < before_ms))
