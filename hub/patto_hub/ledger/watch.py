"""Whether anybody has written to the ledger since: this process or another one, seen without reading the disk."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import event

from patto_hub.ledger.feed import newest
from patto_hub.ledger.raw import scalar

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


class Standing(NamedTuple):
    """How far the ledger is, as far as readers of feeds can tell."""

    newest: int
    """The highest number of a change, 0 for none."""
    taken: int
    """How often something was taken back of what could be read before."""


def standing(connection: Connection) -> Standing:
    """Give how far the ledger is."""
    return Standing(newest(connection), int(scalar(connection, "SELECT times FROM taken") or 0))


@dataclass(slots=True)
class Watch:
    """A connection that only looks at the number that SQLite changes with each commit of any other connection.

    That number stands in memory that all processes of one ledger share, so looking costs microseconds.
    """

    _connection: sqlite3.Connection | None = field(default=None, init=False)
    _cursor: sqlite3.Cursor | None = field(default=None, init=False)
    _blind: int = field(default=0, init=False)

    def look(self, engine: Engine) -> int:
        """Give a number; equal ones with nothing in between mean that nobody has written in between."""
        cursor = self._cursor or self._open(engine)
        try:
            return int(cursor.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.OperationalError:  # somebody recovers the journal: whoever asks looks into the ledger itself
            self._blind -= 1
            return self._blind

    def _open(self, engine: Engine) -> sqlite3.Cursor:
        self._connection = sqlite3.connect(
            str(engine.url.database), timeout=0, isolation_level=None, check_same_thread=False
        )
        event.listen(engine, "engine_disposed", self._close)
        self._cursor = self._connection.cursor()
        return self._cursor

    def _close(self, _engine: Engine) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = self._cursor = None
