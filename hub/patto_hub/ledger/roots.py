"""Roots of days, and the trees that they are made of: begun, left again, or closed for ever."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from patto_hub.ledger.raw import many, raw, scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

SECRET: Final = "roots"  # noqa: S105 - what the key is called
"""The seed of the key pair that signs roots (`ledger/secrets.py`)."""


class Overtaken(Exception):  # noqa: N818 - says what is wrong
    """Somebody else closes days of this ledger too: what was begun is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """What stands for all that the hub has given on a day."""

    number: int
    """Counts roots from 1."""
    day: str
    closed_at: int
    trees: int
    root: bytes
    before: bytes | None
    """The hash of the root before; None for the first."""
    key: bytes
    signature: bytes
    hash: bytes
    """Of what was signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A tree that grows."""

    partner: str
    feed: str
    audience: str
    """Equal for what is let out under equal ids in equal bytes: otherwise the tree begins with the first change."""
    names: str
    nonce: bytes
    id: int = 0
    after: int = 0


class Grown(NamedTuple):
    """A tree that is whole."""

    begun: Begun
    items: int
    root: bytes
    hash: bytes
    """Its leaf in the tree of the day."""


def newest(connection: Connection) -> Root | None:
    """Give the last root; None before there is one."""
    return next(iter(listed_roots(connection, before=None, limit=1)), None)


def of_day(connection: Connection, day: str) -> Root | None:
    """Give the root of a day that was closed."""
    row = raw(connection).execute(f"SELECT {_COLUMNS} FROM root_of_day WHERE day = ?", (day,)).fetchone()
    return None if row is None else _root(row)


def listed_roots(connection: Connection, *, before: int | None, limit: int) -> list[Root]:
    """List roots, newest first; `before` is the last number of the page before."""
    rows = raw(connection).execute(
        f"SELECT {_COLUMNS} FROM root_of_day WHERE number < ? ORDER BY number DESC LIMIT ?",
        (2**62 if before is None else before, limit),
    )
    return [_root(row) for row in rows]


def begin(connection: Connection, day: str, wanted: Iterable[Begun], position: int) -> list[Begun]:
    """Begin the trees of a day that ends with the change numbered `position`; what was begun and left is gone.

    Raises:
        Overtaken: the day was closed meanwhile.
    """
    if of_day(connection, day) is not None:
        raise Overtaken(day)
    raw(connection).execute("DELETE FROM tree_of_day WHERE day NOT IN (SELECT day FROM root_of_day)")
    begun = []
    for each in wanted:
        key = (each.partner, each.feed, each.audience)
        after = int(scalar(connection, _BEFORE, *key) or 0)
        row = (day, *key, each.names, after, max(position, after), each.nonce)
        number = raw(connection).execute(_BEGIN, row).lastrowid or 0
        begun.append(replace(each, id=number, after=after))
    return begun


def require(connection: Connection, tree: Begun) -> None:
    """Require that a tree is there and still grows.

    Raises:
        Overtaken: it is gone; its number may be that of another one.
    """
    if scalar(connection, f"SELECT 1 FROM tree_of_day {_THIS}", tree.id, tree.nonce) is None:
        raise Overtaken(f"tree {tree.id}")


def drop(connection: Connection, tree: Begun) -> None:
    """Leave a tree that cannot be made out of its day."""
    raw(connection).execute(f"DELETE FROM tree_of_day {_THIS}", (tree.id, tree.nonce))


def close(connection: Connection, made: Root, trees: Sequence[Grown]) -> None:
    """Close a day for ever: its trees, in the order in which its root is made of them.

    Raises:
        Overtaken: a tree is gone, or another root has come meanwhile.
    """
    found = [
        (tree.items, tree.root, tree.hash, place, tree.begun.id, tree.begun.nonce) for place, tree in enumerate(trees)
    ]
    before = newest(connection)
    many(connection, f"UPDATE tree_of_day SET items = ?, root = ?, hash = ?, place = ? {_THIS}", found)
    count = scalar(connection, "SELECT count(*) FROM tree_of_day WHERE day = ? AND items IS NOT NULL", made.day)
    if count != len(found) or made.number != (before.number if before else 0) + 1:
        raise Overtaken(made.day)
    row = [getattr(made, each.name) for each in fields(Root)]
    marks = ", ".join("?" * len(row))
    raw(connection).execute(f"INSERT INTO root_of_day ({_COLUMNS}) VALUES ({marks})", row)


def _root(row: Sequence[object]) -> Root:
    return Root(**dict(zip((each.name for each in fields(Root)), row, strict=True)))  # type: ignore[arg-type] # a row of it


_COLUMNS: Final = ", ".join(each.name for each in fields(Root))
_THIS: Final = "WHERE id = ? AND nonce = ? AND items IS NULL"
_BEFORE: Final = (
    "SELECT position FROM tree_of_day WHERE partner = ? AND feed = ? AND audience = ? ORDER BY id DESC LIMIT 1"
)
_BEGIN: Final = (
    'INSERT INTO tree_of_day (day, partner, feed, audience, names, "after", position, nonce)'
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
