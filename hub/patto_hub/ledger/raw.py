"""The driver's own connection, for statements that run thousands of times: SQLAlchemy would cost more than SQLite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection


def raw(connection: Connection) -> sqlite3.Connection:
    """Give the driver's connection; it is in the same transaction."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def many(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement once for each row."""
    if rows:
        raw(connection).executemany(statement, rows)


def listed(connection: Connection, statement: str, values: Iterable[Any], *more: Any) -> list[Any]:  # noqa: ANN401 - SQL values
    """Run a query whose first parameter is a JSON list (`json_each(?)`), and give its rows."""
    return raw(connection).execute(statement, (json.dumps(list(values)), *more)).fetchall()


def scalar(connection: Connection, statement: str, *values: Any) -> Any:  # noqa: ANN401 - SQL values
    """Give the first column of the first row; None if there is none."""
    row = raw(connection).execute(statement, values).fetchone()
    return None if row is None else row[0]
