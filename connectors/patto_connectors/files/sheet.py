"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) as rows, read in a process of their own under limits of memory and time."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from threading import Timer
from typing import TYPE_CHECKING, Any

from patto_connectors.errors import Malformed, Refused
from patto_connectors.files import sheet_child
from patto_connectors.files.archive import ArchiveCaps, check_archive
from patto_connectors.files.register import Register
from patto_connectors.files.table import Cells, Line, read_table

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

_DIGITS = 15
"""Digits of a number that spreadsheets keep and show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetProfile:
    """What reading a workbook may cost."""

    caps: ArchiveCaps = field(default_factory=ArchiveCaps)
    memory: int = 768 * 2**20
    """Bytes of address space of the reading process."""
    seconds: int = 30
    cells: int = 5_000_000
    """Cells of all sheets together."""


def read_sheet(
    content: bytes, profile: SheetProfile | None = None, registers: Sequence[Register] = (Register(),)
) -> Iterator[Line]:
    """Read the agreed sheets of a workbook, in its own order: rows as text by column, as a CSV file would give them.

    Whole numbers lose their `.0`, dates become ISO text, text stays as it is (`00123`); an empty cell is left out.
    The value of cells that were merged downwards holds for each of their rows (XLSX and XLS; ODS does not tell).

    Raises:
        Refused: `sheet.encrypted` or `sheet.missing`.
        Malformed: `sheet.bomb`, `sheet.doctype`, `sheet.broken`, `sheet.header` or `sheet.column_missing`.
    """
    profile = profile or SheetProfile()
    check_archive(content, profile.caps)
    seen: dict[int, Counter[tuple[str, bytes]]] = {at: Counter() for at in range(len(registers))}
    with closing(_cells(content, profile, registers)) as cells:
        names = next(cells, (0, None))[1] or []
        found = _assigned(names, registers)
        for number, rows in groupby(cells, key=lambda each: each[0]):
            at = found[number]
            place = _place(registers[at].name, number, list(found.values()).count(at))
            lines = (Cells(line, [_text(cell) for cell in row]) for line, (_, row) in enumerate(rows) if line)
            yield from read_table(lines, registers[at], names[number], seen[at], place)


def _assigned(names: Sequence[str], registers: Sequence[Register]) -> dict[int, int]:
    """Give the register of each sheet that was read: the first that wants it.

    Raises:
        Refused: `sheet.missing`: a register has no sheet.
    """
    found = {
        number: next(at for at, each in enumerate(registers) if each.wants(name) or (not each.sheet and not number))
        for number, name in enumerate(names)
    }
    for at, each in enumerate(registers):
        if at not in found.values():
            raise _missing(each)
    return found


def _place(name: str, number: int, sheets: int) -> str:
    """Say a sheet by the name that was agreed: what the partner wrote may be somebody's name."""
    if not name:
        return ""
    return f"foglio '{name}' ({number + 1}), " if sheets > 1 else f"foglio '{name}', "


def _text(cell: Any) -> str:  # noqa: ANN401 - a JSON scalar
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    # 0.1 + 0.2 is 0.3 for whoever looks at the sheet.
    return f"{Decimal(f'{cell:.{_DIGITS}g}'):f}" if isinstance(cell, float) else str(cell)


def _cells(content: bytes, profile: SheetProfile, registers: Sequence[Register]) -> Generator[tuple[int, list[Any]]]:
    """Give the wanted sheets' names, then their rows, from a process that is ended when it takes too long.

    The names stand under -1; each row under its sheet's number in that list, after an empty one to begin with.
    """
    settings = {
        "sheets": [each.sheet for each in registers],
        "memory": profile.memory,
        "seconds": profile.seconds,
        "cells": profile.cells,
    }
    with tempfile.TemporaryFile() as workbook:
        workbook.write(content)
        workbook.seek(0)
        with subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-I", sheet_child.__file__, json.dumps(settings)],
            stdin=workbook,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONUTF8": "1"},
        ) as child:
            timer = Timer(profile.seconds * 2, child.kill)
            timer.start()
            try:
                assert child.stdout is not None  # noqa: S101 - asked for above
                number = -1
                for line in child.stdout:
                    row = json.loads(line)
                    number += row is None
                    yield number, row or []
                code = child.wait()
            finally:
                timer.cancel()
                child.kill()
    if code:
        raise _failed(code)


def _missing(register: Register) -> Refused:
    return Refused(
        "sheet.missing",
        f"The workbook does not have the sheet '{register.name or register.sheet}' that was agreed.",
        hint=f"Rinominare il foglio come concordato: {register.name or register.sheet} (rename the sheet as agreed): "
        "chi produce il file.",
    )


def _failed(code: int) -> Malformed | Refused:
    if code == sheet_child.ENCRYPTED:
        return Refused(
            "sheet.encrypted",
            "The workbook is protected by a password.",
            hint="Togliere la password dal file (remove the password): chi produce il file.",
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
