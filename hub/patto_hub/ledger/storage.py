"""The disk under the ledger: what its errors mean, whether there is room, whether the file is sound."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from patto_connectors.errors import Unreachable
from patto_hub.ledger.backup import BadLedger, refusal

if TYPE_CHECKING:
    from pathlib import Path

LEAST_FREE = 256 * 1024 * 1024
"""Free bytes on the ledger's disk below which no run is started: what is in hand can still be ended."""
FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE")
"""A full disk shows as the first, a quota or a file size limit as the second."""
LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")
CLOSED = ("SQLITE_CANTOPEN",)
"""So SQLite says that it got no file descriptor (or that the ledger's folder is gone)."""
DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The ledger's sizes in bytes, for the status page."""

    file: int
    journal: int
    """Of the write-ahead log; upkeep keeps it small."""
    reusable: int
    """Free pages inside the file; upkeep gives them back."""
    disk_free: int


class StorageTrouble(Unreachable):
    """The ledger cannot be written now; no partner is at fault, and the run can be made again later."""


def trouble_of(error: BaseException) -> StorageTrouble | None:
    """Name what an error of the database or the disk means for a run; None for any other error."""
    name = _name(error)
    if name.startswith(FULL):
        return full()
    if name.startswith(LOCKED):
        return StorageTrouble(
            "storage.locked",
            "Il registro è occupato da un altro programma. | The ledger is locked by another program.",
            hint="Si riprova da sé. Chiudere gli strumenti aperti sul file del registro. | It will be tried again.",
        )
    if name.startswith(CLOSED):
        return short()
    if name.startswith("SQLITE_IOERR"):
        return StorageTrouble(
            "storage.io",
            f"Il disco del registro dà errore ({name}). | The ledger's disk fails ({name}).",
            hint="Controllare il disco, poi: patto doctor. | Check the disk, then: patto doctor.",
        )
    return None


def full() -> StorageTrouble:
    """Make the trouble of a full disk."""
    return StorageTrouble(
        "storage.full",
        "Non c'è più spazio sul disco del registro. | The ledger's disk is full.",
        hint="Liberare spazio: le letture ripartono da sé, nulla è andato perso."
        " | Free some space: runs go on by themselves, nothing was lost.",
    )


def short() -> StorageTrouble:
    """Make the trouble of a process that has no file descriptor left."""
    return StorageTrouble(
        "storage.descriptors",
        "Il processo non può aprire altri file. | The process can open no more files.",
        hint="Si riprova da sé. Alzare LimitNOFILE del servizio; guardare process_open_fds in /metrics."
        " | It will be tried again. Raise the service's LimitNOFILE; look at process_open_fds in /metrics.",
    )


def shortage_of(error: BaseException) -> StorageTrouble | None:
    """Name the want of a file descriptor behind an error, whoever met it: no partner and no plugin is at fault."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in {errno.EMFILE, errno.ENFILE}:
            return short()
        cause = cause.__cause__
    return None


def room(path: Path, least: int = LEAST_FREE) -> StorageTrouble | None:
    """Look whether the ledger's disk has room for another run; None if it has."""
    return full() if shutil.disk_usage(path.parent).free < least else None


def condition(path: Path) -> Condition:
    """Measure a ledger."""
    journal = path.with_name(f"{path.name}-wal")
    with closing(sqlite3.connect(path)) as connection:
        free = connection.execute("PRAGMA freelist_count").fetchone()[0]
        page = connection.execute("PRAGMA page_size").fetchone()[0]
    return Condition(
        file=path.stat().st_size,
        journal=journal.stat().st_size if journal.exists() else 0,
        reusable=free * page,
        disk_free=shutil.disk_usage(path.parent).free,
    )


def require_sound(path: Path) -> None:
    """Let a ledger be opened only if its pages hold together (SQLite's quick_check); nothing is written.

    Raises:
        BadLedger: they do not; the message names the check and what was found.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA quick_check(3)").fetchall()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # SQLite's own sentence may quote a damaged name
        raise refusal("quick_check", path, str(error)) from error
    if found != [("ok",)]:
        raise refusal("quick_check", path, "; ".join(str(row[0]) for row in found))


def damage_of(error: BaseException, path: Path) -> BadLedger | None:
    """Name the damage of the ledger that an error of the database shows; None for any other error."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not _name(error).startswith(DAMAGED):
        return None
    try:
        require_sound(path)
    except BadLedger as damage:
        return damage
    return refusal("quick_check", path, str(error.orig if isinstance(error, DBAPIError) else error))


_ERRNO = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "SQLITE_FULL"),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "SQLITE_CANTOPEN"),
}


def _name(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, OSError):
        return _ERRNO.get(cause.errno or 0, "")
    return str(getattr(cause, "sqlite_errorname", "")) if isinstance(cause, sqlite3.Error) else ""
