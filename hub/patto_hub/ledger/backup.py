"""Copies of a ledger, made while it is in use, and proof that they can be restored."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COUNTED = ("record_version", "head", "change", "audience", "pushed", "quarantine", "parked", "run", "audit")
"""Tables whose rows a copy's check counts, for the person who keeps it."""
SKIPPED = 10_000_000
"""Numbers of changes that a restored ledger gives to nobody, at least."""


class BadLedger(Exception):  # noqa: N818 - the file is at fault, not the program
    """A ledger or a copy of one failed a check; the message names the check and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy that passed its checks."""

    path: Path
    size: int
    """Bytes."""
    migration: str
    rows: dict[str, int]


def make(source: Path, target: Path, *, replace: bool = False) -> Copy:
    """Copy a ledger while it is in use, check the copy, and only then give it its name.

    The copy is one moment of the ledger: cursors and records in it fit together, so a hub that goes on from it only
    reads some pages again.

    Raises:
        FileExistsError: `target` exists and `replace` is not set.
        BadLedger: the copy failed its check; it is removed.
        sqlite3.Error: no space, or the source cannot be read; what there was of the copy is removed.
    """
    if target.exists() and not replace:
        message = f"{target} esiste già: indicare un altro nome | {target} exists already: name another file"
        raise FileExistsError(message)
    partial = target.with_name(f"{target.name}.part")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    try:
        with closing(_read_only(source)) as origin, closing(sqlite3.connect(partial)) as copy:
            origin.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode=DELETE")
        checked = check(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return Copy(path=target, size=checked.size, migration=checked.migration, rows=checked.rows)


def check(path: Path) -> Copy:
    """Prove that a copy could be restored: every page, every index, every reference.

    Raises:
        BadLedger: it could not; the message names the check.
        FileNotFoundError: there is no such file.
    """
    if not path.is_file():
        message = f"{path}: il file non esiste | there is no such file"
        raise FileNotFoundError(message)
    try:
        with closing(_read_only(path)) as connection:
            _pass("integrity_check", path, connection.execute("PRAGMA integrity_check(5)").fetchall(), [("ok",)])
            _pass("foreign_key_check", path, connection.execute("PRAGMA foreign_key_check").fetchmany(5), [])
            migration = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            rows = {table: _count(connection, table) for table in COUNTED}
    except sqlite3.DatabaseError as error:
        raise refusal("integrity_check", path, str(error)) from error
    return Copy(path=path, size=path.stat().st_size, migration=migration[0], rows=rows)


def restore(copy: Path, target: Path, now: int) -> Copy:
    """Put a copy in the place of a ledger; what was there is kept as `<name>.replaced`, with its journal.

    What is new gets numbers that no lost ledger ever gave: so a reader that had read further than the copy is known
    by its cursor for ever, and no message has the id of one that was sent before.

    Args:
        copy: the copy.
        target: the ledger.
        now: in milliseconds since 1970.

    Raises:
        BadLedger: the copy failed its check, or a hub has the ledger open; nothing was touched.
    """
    check(copy)
    _require_idle(target)
    fresh = target.with_name(f"{target.name}.part")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    with closing(_read_only(copy)) as origin, closing(sqlite3.connect(fresh)) as made:
        origin.backup(made)
        _skip_numbers(made, now)
    for suffix in ("", "-wal", "-shm"):
        before = target.with_name(f"{target.name}{suffix}")
        if before.exists():
            before.replace(target.with_name(f"{target.name}.replaced{suffix}"))
    fresh.replace(target)
    return check(target)


def make_empty(path: Path) -> None:
    """Make an empty ledger file whose free pages can be given back later (this cannot be switched on afterwards)."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("VACUUM")


def _skip_numbers(connection: sqlite3.Connection, now: int) -> None:
    """Let the last change stand a second time, far ahead and told to nobody: the next number is the one after it.

    Its number is the instant, or where that would be a shorter way `SKIPPED` further: no ledger gives a thousand
    numbers a second for long, so each restore, of the same copy too, begins above all that was given before it. Where
    the copy knows no change yet, places in what was lost are signed by a key that is no more.
    """
    skipped = connection.execute(
        "INSERT INTO change (seq, head_id, version_id, kind, op, run_id, at)"
        " SELECT max(seq + ?, ?), head_id, version_id, kind, op, run_id, at FROM change ORDER BY seq DESC LIMIT 1",
        (SKIPPED, now),
    )
    if not skipped.rowcount:
        connection.execute("DELETE FROM secret WHERE name = 'cursor'")
    connection.commit()


def _require_idle(path: Path) -> None:
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")  # is refused while anybody has the ledger open
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname.startswith("SQLITE_BUSY"):
            message = (
                f"{path}: un hub lo sta usando. Fermarlo (patto serve), poi ripetere."
                f" | {path}: a hub is using it. Stop it (patto serve), then try again."
            )
            raise BadLedger(message) from error
        # anything else is the damage that the copy is to mend


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _count(connection: sqlite3.Connection, table: str) -> int:
    count: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return count


def _pass(name: str, path: Path, found: list[tuple[object, ...]], wanted: list[tuple[object, ...]]) -> None:
    if found != wanted:
        raise refusal(name, path, "; ".join(str(row) for row in found))


def refusal(name: str, path: Path, found: str) -> BadLedger:
    """Make the refusal of a file that failed a check, with what to do."""
    return BadLedger(
        f"{path}: il controllo {name} non è superato ({found}). Il file non è stato modificato; ripristinare una copia:"
        f" patto db restore. | {path}: the check {name} failed ({found}). The file was left as it is; restore a"
        " backup: patto db restore."
    )
