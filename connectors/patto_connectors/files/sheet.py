"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) as rows, read in a process of their own under limits of memory and time."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from threading import Timer
from typing import TYPE_CHECKING, Any

from patto_connectors.errors import Malformed, Refused
from patto_connectors.files import sheet_child
from patto_connectors.files.archive import ArchiveCaps, check_archive
from patto_connectors.files.delimited import Line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetProfile:
    """Where in a workbook the rows stand, and what reading it may cost."""

    sheet: str | None = None
    """The sheet's name; None for the first one."""
    header_row: int = 1
    """The row of the sheet that names the columns, counted from 1 as Excel does."""
    nulls: Sequence[str] = ("", "-", "n.d.", "n/d", "#N/D", "#N/A", "NULL")
    """Texts that mean that there is no value."""
    caps: ArchiveCaps = field(default_factory=ArchiveCaps)
    memory: int = 768 * 2**20
    """Bytes of address space of the reading process."""
    seconds: int = 30
    cells: int = 5_000_000


def read_sheet(content: bytes, profile: SheetProfile | None = None) -> Iterator[Line]:
    """Read a sheet's rows as text by column, as a CSV file would give them; wholly empty rows are no rows.

    Whole numbers lose their `.0`, dates become ISO text, text stays as it is (`00123`); an empty cell is left out.

    Raises:
        Refused: `sheet.encrypted` or `sheet.missing`.
        Malformed: `sheet.bomb`, `sheet.doctype`, `sheet.broken` or `sheet.header`.
    """
    profile = profile or SheetProfile()
    check_archive(content, profile.caps)
    rows = _cells(content, profile)
    number, columns = 0, []
    for number, row in enumerate(rows, 1):
        if number == profile.header_row:
            columns = _columns(row)
            break
    if not columns:
        raise _header("The sheet has no header row.")
    for at, row in enumerate(rows, number + 1):
        fields = {
            column: text
            for column, cell in zip(columns, row, strict=False)
            if column and (text := _text(cell)) not in profile.nulls
        }
        beyond = any(_text(cell) for cell in row[len(columns) :])
        if beyond:
            yield Line(at, {}, "csv.columns", json.dumps(row, ensure_ascii=False))
        elif fields:
            yield Line(at, fields)


def _text(cell: Any) -> str:  # noqa: ANN401 - a JSON scalar
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell if isinstance(cell, str) else json.dumps(cell)


def _columns(row: list[Any]) -> list[str]:
    columns = [_text(cell).strip() for cell in row]
    while columns and not columns[-1]:
        columns.pop()
    named = [each for each in columns if each]
    if len(set(named)) != len(named):
        raise _header("The header row names a column twice.")
    return columns


def _header(detail: str) -> Malformed:
    return Malformed(
        "sheet.header",
        detail,
        hint="Mettere i nomi delle colonne nella riga di intestazione, una volta ciascuno (name each column once): "
        "chi produce il file.",
    )


def _cells(content: bytes, profile: SheetProfile) -> Iterator[list[Any]]:
    """Give the sheet's rows, from a process that is ended when it takes too long or is no longer needed."""
    settings = {
        "sheet": profile.sheet,
        "memory": profile.memory,
        "seconds": profile.seconds,
        "cells": profile.cells,
    }
    with tempfile.TemporaryFile() as workbook:
        workbook.write(content)
        workbook.seek(0)
        with subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-I", "-m", sheet_child.__name__, json.dumps(settings)],
            stdin=workbook,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONUTF8": "1"},
        ) as child:
            timer = Timer(profile.seconds * 2, child.kill)
            timer.start()
            try:
                assert child.stdout is not None  # noqa: S101 - asked for above
                for line in child.stdout:
                    yield json.loads(line)
                code = child.wait()
            finally:
                timer.cancel()
                child.kill()
    if code:
        raise _failed(code)


def _failed(code: int) -> Malformed | Refused:
    if code == sheet_child.ENCRYPTED:
        return Refused(
            "sheet.encrypted",
            "The workbook is protected by a password.",
            hint="Togliere la password dal file (remove the password): chi produce il file.",
        )
    if code == sheet_child.NO_SHEET:
        return Refused(
            "sheet.missing",
            "The workbook does not have the sheet that was agreed.",
            hint="Rinominare il foglio come concordato (rename the sheet as agreed): chi produce il file.",
        )
    if code == sheet_child.BROKEN:
        return Malformed(
            "sheet.broken",
            "The workbook cannot be read.",
            hint="Salvare di nuovo il file con Excel o LibreOffice (save the file again): chi produce il file.",
        )
    return Malformed(
        "sheet.bomb",
        "Reading the workbook takes more memory or time than it may.",
        hint="Inviare un file più piccolo o CSV (send a smaller file or CSV): chi produce il file.",
    )
