"""Which store: a file in the user's own data folder, another file, or Redis."""

from pathlib import Path

from platformdirs import user_data_path

from pages.services.classes.sqlite_store import SqliteStore
from pages.services.classes.store import Store

FILE = "classes.sqlite3"
REDIS = ("redis://", "rediss://", "unix://")


def open_store(where: str) -> Store:
    """The store that `where` names; nothing is opened or made before it is used.

    Raises SystemExit for an address of no store that is known, by its scheme alone: it may hold a password.
    """
    if where.startswith(REDIS):
        from pages.services.classes.redis_store import RedisStore  # takes a tenth of a second, which few need

        return RedisStore(where)
    if "://" in where:
        raise SystemExit(f"GLASSBOX_CLASS_STORE={where.partition('://')[0][:40]!r}://… is neither a file nor redis://…")
    return SqliteStore(Path(where).expanduser() if where else user_data_path("glassbox", appauthor=False) / FILE)
