"""The version of the database's tables: bringing them up to date, and telling when they are not.

Alembic runs from inside the package, so users need no ``alembic.ini``. Revisions are numbered, ``0001`` on, so that a
database newer than the program is recognized without loading Alembic.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from airhook.core.errors import ConfigError

HEAD = "0019"
"""The newest revision in ``migrations/versions``."""
MIGRATIONS = Path(__file__).with_name("migrations")


def revision(core: Connection) -> str | None:
    """The revision that the database is at; None when it was never initialised."""
    if not inspect(core).has_table("alembic_version"):
        return None
    return core.execute(text("SELECT version_num FROM alembic_version")).scalar()


def require_current(core: Connection, name: object) -> None:
    """Raise ``ConfigError`` saying what to run when the tables of the database ``name`` are not the program's."""
    at = revision(core)
    if at is None:
        raise ConfigError(f"{name} is not initialised; run: airhook init")
    if at < HEAD:
        raise ConfigError(f"{name} is at revision {at}, this program needs {HEAD}; run: airhook migrate")
    require_known(at, name)


def require_known(at: str | None, name: object) -> None:
    if at is not None and at > HEAD:
        raise ConfigError(
            f"{name} is at revision {at}, made by a newer Airhook; this one knows {HEAD}: upgrade Airhook"
        )


def upgrade(core: Connection) -> None:
    """Bring the tables to ``HEAD`` within the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = core
    command.upgrade(config, "head")
