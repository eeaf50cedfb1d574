"""Registers as people keep them: merged titles, days entered beforehand, a legend beside and below, three formats."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

from patto_plugins.cooperatives.profiles import (
    CLOSINGS,
    HOST,
    MONTHS,
    PRESENCES,
    PROFILES,
    PROJECT,
    SERVICES,
    TRAINEES,
    USERS,
)
from patto_plugins.cooperatives.translate import RENAMED, TABLE
from patto_schemas.chronicle import wrong_letter
from patto_schemas.model import AttendanceDay, AttendanceMonth, Enrolment
from patto_schemas.model.dialect import said
from patto_schemas.model.written import ROME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from patto_schemas.chronicle import Told

COLUMNS: Final = {each.name: tuple(each.columns) for profile in PROFILES for each in profile.registers}
HEADER: Final = (
    *("Data", "N. Progetto", "entrata", "uscita", "entrata", "uscita"),
    *("ORE", "Presenza", "Attività", "tirocinante", "tutor"),
)
"""The header of `Presenze`, below the titles."""
TITLES: Final = ((2, 3, "Mattina"), (4, 5, "Pomeriggio"), (9, 10, "Firma"))
"""Merged titles: first column, last column, text."""
LEGEND: Final = (
    ("P", "presente"),
    ("A", "assenza giustificata"),
    ("AI", "assenza ingiustificata"),
    ("M", "malattia"),
)
NOTHING: Final = "-"
NOON: Final = "13:00"
IMPOSSIBLE: Final = "31/02/2024"
WRITTEN: Final = datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""When each workbook says that it was made, so that the same rows are the same file."""


@dataclass(slots=True)
class Grid:
    """A sheet: its cells, row by row, and which cells of a row are made one."""

    rows: list[list[Any]]
    merged: list[tuple[int, int, int]] = field(default_factory=list)
    """Row, first column, last column."""

    def squared(self) -> list[list[Any]]:
        """Give rows of one width."""
        width = max(map(len, self.rows))
        return [[*row, *[None] * (width - len(row))] for row in self.rows]


def register(  # noqa: PLR0913 - what stands in a month's register
    month: str,
    host: str,
    *,
    days: Iterable[Told],
    closings: Iterable[Told] = (),
    trainees: Iterable[Told] = (),
    to_come: Iterable[tuple[date, str]] = (),
) -> Mapping[str, Grid]:
    """Give a month's sheets.

    Args:
        month: as `2026-03`.
        host: its VAT number.
        days: what was told of days.
        closings: what was told of the month.
        trainees: what was told of the internships.
        to_come: days and projects that are entered beforehand.
    """
    year, number = month.split("-")
    above = [["Mese:", f"{MONTHS[int(number) - 1].capitalize()} {year}"], [f"{HOST}:", f"P. IVA {host}"]]
    sheets = {
        PRESENCES: _presences(above, days, to_come),
        CLOSINGS: Grid([*above, [], list(COLUMNS[CLOSINGS])]),
        TRAINEES: Grid([above[1], [], ["Tirocinante", *COLUMNS[TRAINEES]]]),
    }
    for told in closings:
        sheets[CLOSINGS].rows += _listed(told, CLOSINGS)
    for told in trainees:
        sheets[TRAINEES].rows += [["Persona tirocinante", *row] for row in _listed(told, TRAINEES)]
    return sheets


def services(month: str, days: Iterable[Told], users: Iterable[Told]) -> Mapping[str, Grid]:
    """Give a month's sheets of a service register."""
    year, number = month.split("-")
    above = [["REGISTRO DEGLI INTERVENTI"], [f"Mese: {MONTHS[int(number) - 1]} {year}"], []]
    sheets = {SERVICES: Grid([*above, list(COLUMNS[SERVICES])]), USERS: Grid([["Utente", *COLUMNS[USERS]]])}
    for told in days:
        sheets[SERVICES].rows += _listed(told, SERVICES)
    for told in users:
        sheets[USERS].rows += [["Persona seguita", *row] for row in _listed(told, USERS)]
    return sheets


def _presences(above: Sequence[list[Any]], days: Iterable[Told], to_come: Iterable[tuple[date, str]]) -> Grid:
    titles: list[Any] = [None] * len(HEADER)
    for first, _, text in TITLES:
        titles[first] = text
    titles[6] = "Giornata"
    rows: list[list[Any]] = [["REGISTRO DELLE PRESENZE"], *above, titles, [*HEADER, None, "LEGENDA", ""]]
    grid = Grid(rows, [(len(rows) - 2, first, last) for first, last, _ in (*TITLES, (6, 8, ""))])
    for told in days:
        rows += _listed(told, PRESENCES)
    rows += [[day, project] for day, project in to_come]
    start = len(above) + 3
    while len(rows) < start + len(LEGEND):
        rows.append([])
    for at, (word, meaning) in enumerate(LEGEND, start):
        rows[at] = [*rows[at], *[None] * (len(HEADER) - len(rows[at])), None, word, meaning]
    rows += [[], *[[word, meaning] for word, meaning in LEGEND]]
    return grid


def _listed(told: Told, sheet: str) -> list[list[Any]]:
    """Give a record's row as its operator typed it, twice where that was the mistake."""
    row = _cells(told)
    if told.mistake in _SPOILED:
        _SPOILED[told.mistake](row)
    nothing = NOTHING if sheet in {PRESENCES, SERVICES} else None
    names = [RENAMED.get(name, name) for name in COLUMNS[sheet]] if sheet in {SERVICES, USERS} else COLUMNS[sheet]
    cells = [row.get(name, nothing) for name in names]
    return [cells] * (2 if told.mistake == "doubled_row" else 1)


def _cells(told: Told) -> dict[str, Any]:
    record = told.record
    row: dict[str, Any] = said(record, TABLE)
    if isinstance(record, AttendanceDay):
        return _day(record, row)
    if isinstance(record, AttendanceMonth):
        return row | {
            "Chiuso il": record.closed_on,
            **{name: Decimal(row[name]) for name in row if name.startswith("Ore")},
            "Indennità": f"{record.amount_due or 0:.2f} €".replace(".", ","),
        }
    if isinstance(record, Enrolment):
        days = {"Stato dal": record.status_on, "Richiesto il": record.requested_on}
        days |= {"Inizio": record.started_on, "Fine": record.ended_on}
        row |= days | ({"Motivo uscita": record.exit.reason} if record.exit else {})
        if record.modified_at is not None:
            row["Aggiornato il"] = f"{record.modified_at.astimezone(ROME):%d/%m/%Y %H:%M:%S}"
    return row


def _day(record: AttendanceDay, row: dict[str, Any]) -> dict[str, Any]:
    begins, ends = row.get("Dalle"), row.get("Alle")
    if begins is not None:
        half = "Mattina" if begins < NOON else "Pomeriggio"
        row |= {f"{half} entrata": begins, f"{half} uscita": ends}
    odd = record.day.day % 3
    row["Data"] = record.day if odd else f"{record.day:%d/%m/%Y}"
    hours = record.hours if record.hours is not None else None
    row["Ore"] = f"{hours:.2f}".replace(".", ",") if hours is not None and odd == 1 else hours
    row["Presenza"] = row["Presenza"].upper()
    for name, sign in (("Firma tirocinante", "X"), ("Firma tutor", "sì")):
        row[name] = sign if row.get(name) else NOTHING
    return row


def _wrong_letter(row: dict[str, Any]) -> None:
    row["Codice fiscale"] = wrong_letter(row["Codice fiscale"])


def _impossible(row: dict[str, Any]) -> None:
    row["Data" if "Data" in row else "Stato dal"] = IMPOSSIBLE


def _missing(row: dict[str, Any]) -> None:
    row[next(name for name in ("Ore svolte", "Politica", PROJECT) if name in row)] = None


def _unknown(row: dict[str, Any]) -> None:
    row["Presenza" if "Presenza" in row else "Stato"] = "boh"


def _swapped(row: dict[str, Any]) -> None:
    row["Inizio"], row["Fine"] = row["Fine"], row["Inizio"]


_SPOILED: Final[Mapping[str, Callable[[dict[str, Any]], None]]] = {
    "check_letter": _wrong_letter,
    "impossible_date": _impossible,
    "missing_field": _missing,
    "unknown_word": _unknown,
    "swapped_dates": _swapped,
}


def xlsx_bytes(sheets: Mapping[str, Grid]) -> bytes:
    """Write sheets as an Excel workbook; the same sheets give the same bytes."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": WRITTEN})
        day = workbook.add_format({"num_format": "dd/mm/yyyy"})
        for name, grid in sheets.items():
            sheet = workbook.add_worksheet(name)
            for at, row in enumerate(grid.rows):
                for column, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(at, column, value, day)
                    elif isinstance(value, Decimal):
                        sheet.write_number(at, column, value)
                    elif value is not None:
                        sheet.write_string(at, column, value)
            for at, first, last in grid.merged:
                sheet.merge_range(at, first, at, last, grid.rows[at][first])
    return target.getvalue()


def csv_bytes(grid: Grid, charset: str = "cp1252") -> bytes:
    """Write a sheet as Excel saves it in Italy."""
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=";").writerows([_text(cell) for cell in row] for row in grid.squared())
    return target.getvalue().encode(charset)


def _text(cell: Any) -> str:  # noqa: ANN401 - a cell
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return str(cell).replace(".", ",") if isinstance(cell, Decimal) else cell or ""


ODS: Final = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES: Final = " ".join(
    f'xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"' for each in ("office", "table", "text")
)
_MANIFEST: Final = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def ods_bytes(sheets: Mapping[str, Grid]) -> bytes:
    """Write sheets as an OpenDocument spreadsheet (OASIS ODF 1.3, part 3, chapter 9)."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>"
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in grid.squared())
        + "</table:table>"
        for name, grid in sheets.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_SPACES} office:version="1.3">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in (("mimetype", ODS), ("META-INF/manifest.xml", _MANIFEST), ("content.xml", content)):
            archive.writestr(zipfile.ZipInfo(name), text)
    return target.getvalue()


def _ods_cell(cell: Any) -> str:  # noqa: ANN401 - a cell
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{cell}"/>'
    if isinstance(cell, Decimal):
        return f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
