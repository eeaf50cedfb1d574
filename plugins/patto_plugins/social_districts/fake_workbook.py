"""The workbook of a fake Ambito: all that it has, each day anew, as people keep such workbooks."""

from __future__ import annotations

import asyncio
import io
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter

from patto_connectors.files import put
from patto_plugins.social_districts.translate import TABLE
from patto_plugins.social_districts.workbook import COLUMNS, DAYS, FLAGS, GROUPS, NESTS
from patto_schemas.model.dialect import said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from patto_schemas.chronicle import Told
    from patto_schemas.model.base import Entity

SHEETS: Final = {"person": "Persone", "pact": "Patti", "measure": "Interventi", "enrolment": "Richieste"}
NAME: Final = "patti_in_carico.xlsx"


@dataclass(slots=True)
class Workbook:
    """What one Ambito has written into its workbook; mistakes are typed as they were made."""

    folder: Path
    records: dict[tuple[str, str], Told] = field(default_factory=dict)
    changed: bool = True

    def show(self, told: Told) -> None:
        """Write a row, or write it anew."""
        self.records[told.record.kind, told.record.key] = told
        self.changed = True

    async def drop(self) -> None:
        """Drop the workbook, if anything in it has changed."""
        if self.changed:
            self.changed = False
            self.folder.mkdir(parents=True, exist_ok=True)
            content = await asyncio.to_thread(workbook_bytes, [told.record for told in self.records.values()])
            await asyncio.to_thread(put, self.folder / NAME, content)


def workbook_bytes(records: Iterable[Entity]) -> bytes:
    """Write records as the agreed workbook: one sheet per kind of row, days as days, `sì` and `no`."""
    sheets = rows_of(records)
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as workbook:
        bold, day = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "dd/mm/yyyy"})
        for name, columns in COLUMNS.items():
            sheet = workbook.add_worksheet(name)
            sheet.freeze_panes(2, 1)
            sheet.write_string(0, 0, f"{name}: da aggiornare a ogni variazione", bold)
            for at, column in enumerate(columns.split()):
                sheet.write_string(1, at, _heading(column), bold)
            for number, row in enumerate(sheets[name], 2):
                for at, column in enumerate(columns.split()):
                    value = row.get(column)
                    if column in DAYS and isinstance(value, str) and len(value) == len("2026-03-02"):
                        sheet.write_datetime(number, at, date.fromisoformat(value), day)
                    elif value is not None:
                        sheet.write_string(number, at, _cell(column, value))
    return target.getvalue()


def rows_of(records: Iterable[Entity]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Give the rows of each sheet: flat, what is nested on its own sheet."""
    sheets: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    nests = {nest.parent: nest for nest in NESTS}
    for record in records:
        name, row = SHEETS[record.kind], said(record, TABLE)
        nest = nests.get(name)
        for child, inner in nest.children.items() if nest else ():
            sheets[child] += [{nest.key: row[nest.key], **each} for each in row.pop(inner, ())] if nest else ()
        sheets[name].append(_flat(name, row))
    return sheets


def _flat(sheet: str, row: dict[str, Any]) -> dict[str, Any]:
    group, names = GROUPS.get(sheet, ("", {}))
    held = row.pop(group, None) or {}
    row.pop("request_scheme", None)  # a request answers none
    row |= {name: held[inner] for name, inner in names.items() if inner in held}
    if indemnity := row.pop("indennita", None):
        row |= {"indennitaImporto": indemnity["importoMensile"], "indennitaMesi": indemnity["mesi"]}
    for each in row.pop("identificativi", ()):
        if each["schema"] == "cf":
            row["codiceFiscale"] = each["valore"]
    for contact in row.pop("contatti", ()):
        row["cellulare"] = contact["valore"]
    if isinstance(place := row.get("luogoNascita"), dict):
        row |= {"luogoNascita": place.get("codiceCatastale"), "statoNascita": place.get("stato")}
    return row


def _heading(column: str) -> str:
    """Write a column's name as people do: `idPatto` is `Id patto`."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in column)
    return words[0].upper() + words[1:]


def _cell(column: str, value: Any) -> str:  # noqa: ANN401 - JSON
    if column in FLAGS or isinstance(value, bool):
        return "sì" if value else "no"
    return str(value)
