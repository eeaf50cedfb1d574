"""Opens the ledger's database and runs work on it: each piece of work is one transaction.

Writes go through one thread (SQLite has one writer), reads through a few others; the event loop never waits for a disk.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from patto_hub.failpoints import hit
from patto_hub.ledger import wiping
from patto_hub.ledger.raw import raw

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

__all__ = ["Connection", "Ledger", "make_engine", "open_ledger", "opened"]

P = ParamSpec("P")
T = TypeVar("T")

BUSY_TIMEOUT_MS = 5_000
READERS = 4


@dataclass(frozen=True, slots=True)
class Ledger:
    """An open ledger.

    `work` is a plain function whose first argument is a connection; whatever it raises rolls its transaction back.
    """

    engine: Engine
    writer: ThreadPoolExecutor
    readers: ThreadPoolExecutor

    async def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one write transaction, after those that were asked for before it."""
        return await asyncio.get_running_loop().run_in_executor(
            self.writer, lambda: self.write_now(work, *args, **kwargs)
        )

    async def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` on a consistent snapshot; it must not write."""
        return await asyncio.get_running_loop().run_in_executor(
            self.readers, lambda: self.read_now(work, *args, **kwargs)
        )

    def write_now(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one write transaction in this thread (command line, tests)."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                result = work(connection, *args, **kwargs)
                hit("ledger.before_commit")
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                if raw(connection).in_transaction:  # SQLite itself rolls back on some errors of the disk
                    connection.exec_driver_sql("ROLLBACK")
                raise
            hit("ledger.after_commit")
            return result

    def erase_now(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` as `write_now` does, and leave no trace of what it takes away in the database's files.

        Freed pages are overwritten; then the write-ahead log, which still has the pages as they were, is emptied. That
        this is owed is committed with the work: whoever opens the ledger next does what this process did not live to.
        """

        def owing(connection: Connection) -> T:
            result = work(connection, *args, **kwargs)
            wiping.owe(connection)
            return result

        result = self.write_now(owing)
        hit("erase.committed")
        self.wipe_now()
        return result

    def wipe_now(self) -> bool:
        """Empty the log if an erasure has left that to be done; False if somebody reads from it and it must wait."""
        with self.engine.connect() as connection:
            owed = wiping.owed(connection)
            if owed is None:
                return True
            busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if busy:
            return False
        hit("erase.log_emptied")
        self.write_now(wiping.paid, owed)
        return True

    def read_now(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` on a consistent snapshot in this thread."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                return work(connection, *args, **kwargs)
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def close(self) -> None:
        """Wait for what is in hand and close the database."""
        self.writer.shutdown(wait=True)
        self.readers.shutdown(wait=True)
        self.engine.dispose()


def open_ledger(path: Path) -> Ledger:
    """Open (not migrate) the ledger in the file `path`; its folder must exist."""
    return Ledger(
        engine=make_engine(path),
        writer=ThreadPoolExecutor(1, thread_name_prefix="ledger-writer"),
        readers=ThreadPoolExecutor(READERS, thread_name_prefix="ledger-reader"),
    )


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Ledger]:
    """Open the ledger for the length of a `with` block."""
    ledger = open_ledger(path)
    try:
        with ExitStack() as warm:  # all its connections now: later there may be no file descriptor for one
            for _ in range(READERS + 1):
                warm.enter_context(ledger.engine.connect())
        yield ledger
    finally:
        await asyncio.get_running_loop().run_in_executor(None, ledger.close)


def make_engine(path: Path) -> Engine:
    """Make the engine for a SQLite file: WAL, FULL, foreign keys, transactions begun by us alone."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # as text, `?` and `%` in a folder's name would be read as options
        poolclass=QueuePool,
        pool_size=READERS + 1,
        pool_use_lifo=True,  # the same few connections stay warm, instead of five caches of the same pages
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions behind our back
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # NORMAL lost acknowledged commits in 128 of 150 simulated power cuts
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "secure_delete=ON",  # what is erased may have left copies of itself long before; some builds are without
        "cache_size=-8000",
        "wal_autocheckpoint=4000",  # 16 MB: pages of an index are written back once for many commits
    ):
        connection.execute(f"PRAGMA {pragma}")
