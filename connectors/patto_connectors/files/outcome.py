"""The file that tells a partner, row by row, what became of what it sent."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from patto_connectors.files.write import csv_bytes

if TYPE_CHECKING:
    from patto_connectors.contract import Outcome

WORDS = {
    "read": "lette",
    "new": "nuove",
    "changed": "aggiornate",
    "unchanged": "invariate",
    "duplicate": "ripetute",
    "parked": "in attesa",
    "quarantined": "da correggere",
    "refused": "rifiutate",
}
"""The classes of the balance sheet, said of rows in Italian."""
OWNERS = {"partner": "chi invia il file", "ambito": "l'Ambito", "engineer": "l'assistenza", "region": "la Regione"}
COLUMNS = ("posizione", "esito", "codice", "messaggio", "chi_puo_correggere", "messaggio_in_inglese")


def outcome_bytes(outcome: Outcome, form: Literal["csv", "json"]) -> bytes:
    """Render an outcome: CSV for Excel, with the counts as its last rows, or JSON with the same words in English."""
    if form == "json":
        return json.dumps(asdict(outcome), ensure_ascii=False, indent=1, default=dict).encode()
    rows = [
        (
            row.position,
            WORDS.get(row.verdict, row.verdict),
            row.code,
            row.message,
            OWNERS.get(row.owner, row.owner),
            row.message_en,
        )
        for row in outcome.rows
    ]
    counts = [(WORDS.get(name, name), str(count)) for name, count in outcome.counts.items() if count]
    totals = [("totale", name, "", count, "", "") for name, count in counts]
    return csv_bytes(COLUMNS, [*rows, *totals])
