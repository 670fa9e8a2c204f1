"""Classes in one file on this machine: they survive a restart of the server, and several processes may share them."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Timer

from pages.services.classes.store import StoreAwayError, StoreFullError, UnknownClassError, Versions

PATIENCE = 2.0  # seconds that one process waits for another's write
SOON = 1.0  # seconds after a class is over until it is deleted
FULL = {sqlite3.SQLITE_FULL}
SCHEMA = """
CREATE TABLE IF NOT EXISTS class (code TEXT PRIMARY KEY, ends REAL, shown INTEGER, heard INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS field (code TEXT, name TEXT, value TEXT, PRIMARY KEY (code, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry
    (code TEXT, section TEXT, member TEXT, value TEXT, PRIMARY KEY (code, section, member)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempt (key TEXT PRIMARY KEY, ends REAL, n INTEGER) WITHOUT ROWID;
"""
TABLES = ("entry", "field", "class")


class SqliteStore:
    """A store in a file of SQLite, in its write-ahead mode: readers do not wait for a writer.

    What was acknowledged is on the disk. What is deleted is overwritten. One connection serves all threads in turn;
    after an error it is opened anew. A class that is over is deleted then, or, where the server was not running, when
    the file is opened next.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.clock = clock
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._waiting: Timer | None = None  # for the first class that will be over

    def create(self, code: str, fields: Mapping[str, str], *, ends: float) -> bool:
        with self._changing() as db:
            self._forget_what_is_over(db)
            if db.execute("SELECT 1 FROM class WHERE code = ?", (code,)).fetchone():
                return False
            db.execute("INSERT INTO class VALUES (?, ?, 1, 0)", (code, ends))
            self._set(db, code, fields)
            self._wait_for_the_next(db)
            return True

    def fields(self, code: str) -> dict[str, str]:
        with self._reading() as db:
            self._check(db, code)
            return dict(db.execute("SELECT name, value FROM field WHERE code = ?", (code,)))

    def update(self, code: str, fields: Mapping[str, str]) -> int:
        with self._changing() as db:
            self._check(db, code)
            self._set(db, code, fields)
            changed = "UPDATE class SET shown = shown + 1 WHERE code = ? RETURNING shown"
            return db.execute(changed, (code,)).fetchall()[0][0]

    def put(
        self,
        code: str,
        group: str,
        member: str,
        value: str,
        *,
        keep: bool = False,
        given: tuple[str, str] | None = None,
    ) -> bool:
        with self._changing() as db:
            self._check(db, code)
            if (
                given
                and not db.execute(
                    "SELECT 1 FROM field WHERE code = ? AND name = ? AND value = ?", (code, *given)
                ).fetchone()
            ):
                return False
            place = (code, group, member)
            old = db.execute("SELECT 1 FROM entry WHERE code = ? AND section = ? AND member = ?", place).fetchone()
            if not (old and keep):
                db.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", (*place, value))
            if not old:
                self._heard(db, code)
            return not old

    def entries(self, code: str, group: str) -> dict[str, str]:
        with self._reading() as db:
            self._check(db, code)
            return dict(db.execute("SELECT member, value FROM entry WHERE code = ? AND section = ?", (code, group)))

    def take(self, code: str, group: str, member: str) -> str | None:
        with self._changing() as db:
            self._check(db, code)
            gone = "DELETE FROM entry WHERE code = ? AND section = ? AND member = ? RETURNING value"
            taken = db.execute(gone, (code, group, member)).fetchall()
            if taken:
                self._heard(db, code)
            return taken[0][0] if taken else None

    def versions(self, code: str) -> Versions:
        with self._reading() as db:
            return self._check(db, code)

    def delete(self, code: str) -> None:
        with self._changing() as db:
            for table in TABLES:
                db.execute(f"DELETE FROM {table} WHERE code = ?", (code,))
        self._fold_in()

    def forget(self) -> None:
        """Delete the classes that are over, and wait for the next one to be."""
        with self._changing() as db:
            self._forget_what_is_over(db)
            self._wait_for_the_next(db)
        self._fold_in()

    def attempts(self, key: str, *, window: int) -> int:
        with self._changing() as db:
            now = self.clock()
            db.execute("DELETE FROM attempt WHERE ends <= ?", (now,))
            counted = "INSERT INTO attempt VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1 RETURNING n"
            return db.execute(counted, (key, now + window)).fetchall()[0][0]

    def _check(self, db: sqlite3.Connection, code: str) -> Versions:
        found = db.execute(
            "SELECT shown, heard FROM class WHERE code = ? AND ends > ?", (code, self.clock())
        ).fetchone()
        if found is None:
            raise UnknownClassError
        return Versions(*found)

    def _forget_what_is_over(self, db: sqlite3.Connection) -> None:
        over = "SELECT code FROM class WHERE ends <= ?"
        for table in TABLES:
            db.execute(f"DELETE FROM {table} WHERE code IN ({over})", (self.clock(),))

    def _wait_for_the_next(self, db: sqlite3.Connection) -> None:
        (ends,) = db.execute("SELECT min(ends) FROM class").fetchone()
        if ends is None or self._waiting is not None:
            return

        def forget() -> None:
            self._waiting = None
            with suppress(StoreAwayError, StoreFullError):  # then it is deleted when the file is opened next
                self.forget()

        self._waiting = Timer(max(0.0, ends - self.clock()) + SOON, forget)
        self._waiting.daemon = True
        self._waiting.start()

    def _fold_in(self) -> None:
        with self._reading() as db:  # what was written once stands in the log until it is folded in
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _set(self, db: sqlite3.Connection, code: str, fields: Mapping[str, str]) -> None:
        db.executemany("INSERT OR REPLACE INTO field VALUES (?, ?, ?)", [(code, *one) for one in fields.items()])

    def _heard(self, db: sqlite3.Connection, code: str) -> None:
        db.execute("UPDATE class SET heard = heard + 1 WHERE code = ?", (code,))

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: what an error leaves undone is undone whole."""
        with self._reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                if db.in_transaction:  # SQLite has undone it itself where the disk is full
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._open()
                yield self._connection
            except (sqlite3.Error, OSError) as error:
                self._close()
                full = getattr(error, "sqlite_errorcode", None) in FULL
                raise (StoreFullError if full else StoreAwayError)(str(error)) from error

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        db = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        db.executescript(SCHEMA)
        self._forget_what_is_over(db)
        self._wait_for_the_next(db)
        return db

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None
