"""Proves of a ledger or a copy what the database cannot know: nobody changed the audit, the schema is ours."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from patto_hub.ledger import audit, upgrade
from patto_hub.ledger.backup import BadLedger

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

SHOWN = 3
"""Differences of a schema that a message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was proved."""

    audit_entries: int
    audit_head: str
    """Hash of the last entry, hexadecimal: noted elsewhere, it shows later that none was cut off the end."""
    current: bool
    """Whether the schema is of this version (then it was compared); an older copy is upgraded once restored."""


def prove(path: Path) -> Proof:
    """Verify the audit's chain, and compare the schema with the one that this program knows; nothing is written.

    Raises:
        BadLedger: an entry was changed, removed or put in; or the schema was changed by something else than our
            migrations. The message says which, and what to do.
    """
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False),
        poolclass=NullPool,
    )
    try:
        with engine.connect() as connection:
            current = upgrade.reached(connection) == upgrade.head()
            if current:
                _require_schema(connection, path)
            verdict = audit.verify(connection)
    finally:
        engine.dispose()
    if not verdict.holds:
        raise BadLedger(
            f"{path}: il controllo audit non è superato: la voce {verdict.broken} non segue da quelle prima. Qualcuno"
            " ha modificato, tolto o aggiunto voci fuori dal programma: conservare il file com'è e avvisare chi"
            " risponde della protezione dei dati; le copie dicono da quando (patto db check COPIA)."
            f" | {path}: the check audit failed: entry {verdict.broken} does not follow from those before it. Somebody"
            " has changed, removed or put in entries outside the program: keep the file as it is and tell whoever"
            " answers for data protection; the backups tell since when (patto db check COPY)."
        )
    return Proof(audit_entries=verdict.entries, audit_head=verdict.head.hex(), current=current)


def _require_schema(connection: Connection, path: Path) -> None:
    found = upgrade.compared(connection)
    if not found:
        return
    named = ", ".join(_named(each) for each in found[:SHOWN]) + (", …" if len(found) > SHOWN else "")
    raise BadLedger(
        f"{path}: il controllo schema non è superato: la struttura non è quella di questa versione in {len(found)}"
        f" punti ({named}). È stata cambiata fuori dal programma: ripristinare una copia: patto db restore."
        f" | {path}: the check schema failed: the structure is not that of this version in {len(found)} places"
        f" ({named}). It was changed outside the program: restore a backup: patto db restore."
    )


def _named(difference: str) -> str:
    """Name a difference in a few words: what would have to be done, to what."""
    return " ".join(re.findall(r"'(\w+)'", difference)[:3]) or difference[:80]
