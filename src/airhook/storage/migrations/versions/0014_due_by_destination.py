"""What is due is asked for by destination."""

import sqlalchemy as sa
from alembic import op

from airhook.core.destinations import id_of

revision = "0014"
down_revision = "0013"

Int64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = {
    "deliveries_pending": sa.text("state = 'pending'"),
    "deliveries_waiting": sa.text("state = 'waiting'"),
}
AT_ONCE = 10_000  # rows of one statement: SQLite remembers all pages that one has changed
PAGE = sa.text(
    "SELECT max(id) FROM (SELECT id FROM deliveries WHERE id > :after ORDER BY id LIMIT :count) AS page"
)
FILL = sa.text(
    "UPDATE deliveries SET destination = (SELECT places.destination FROM delivery_places AS places "
    "WHERE places.account_id = deliveries.account_id AND places.url = deliveries.url) "
    "WHERE id > :after AND id <= :last"
)


def upgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "deliveries")
    op.add_column("deliveries", sa.Column("destination", Int64, nullable=False, server_default="0"))
    _fill(op.get_bind())
    for name, rows in INDEXES.items():
        op.create_index(
            name, "deliveries", ["destination", "due_ms"], sqlite_where=rows, postgresql_where=rows
        )


def _fill(core: sa.Connection) -> None:
    """Few URLs have many deliveries: the id of each is made once."""
    places = sa.Table(
        "delivery_places",
        sa.MetaData(),
        sa.Column("account_id", Int64, primary_key=True),
        sa.Column("url", sa.Text, primary_key=True),
        sa.Column("destination", Int64, nullable=False),
        prefixes=["TEMPORARY"],
        sqlite_with_rowid=False,
    )
    places.create(core)
    found = core.execute(sa.text("SELECT DISTINCT account_id, url FROM deliveries"))
    for part in found.partitions(AT_ONCE):
        core.execute(
            places.insert(),
            [{"account_id": of, "url": url, "destination": id_of(of, url)} for of, url in part],
        )
    after = -1
    while (last := core.scalar(PAGE, {"after": after, "count": AT_ONCE})) is not None:
        core.execute(FILL, {"after": after, "last": last})
        after = last
    places.drop(core)
