"""The process that reads one workbook, with limits of its own: whatever the file does, only this process suffers.

Started as a program, by its path: it imports nothing of this project, which would take longer than most workbooks.
Its standard input is the workbook, its one argument the settings as JSON. Its standard output is a JSON list with the
names of the sheets that are wanted, then for each of them `null` and one JSON list per row, from its first row.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import unicodedata
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from python_calamine import CalamineWorkbook, PasswordError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BROKEN, ENCRYPTED, TOO_BIG = 3, 5, 6


def words(text: str, keep: str = "") -> str:
    """Give a text as plain words: small letters without accents, single spaces for everything else."""
    letters = "".join(
        each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each)
    )
    return " ".join("".join(each if each.isalnum() or each in keep else " " for each in letters).split())


def wanted(sheet: str, pattern: str) -> bool:
    """Whether a sheet's name fits a pattern, word for word."""
    return bool(pattern) and fnmatchcase(words(sheet), words(pattern, keep="*?"))


def main() -> int:
    """Read the workbook; the exit code says what went wrong."""
    settings = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (settings["memory"], settings["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (settings["seconds"], settings["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        for row in _rows(sys.stdin.buffer.read(), settings["sheets"], settings["cells"]):
            sys.stdout.write(json.dumps(row, ensure_ascii=False))
            sys.stdout.write("\n")
    except PasswordError:
        return ENCRYPTED
    except MemoryError:
        return TOO_BIG
    except Exception:  # noqa: BLE001 - whatever the library makes of a hostile file, the answer is the same
        return BROKEN
    return 0


def _rows(content: bytes, patterns: Sequence[str], cells: int) -> Iterator[Any]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    names = [
        name
        for at, name in enumerate(workbook.sheet_names)
        if any(wanted(name, each) or not (each or at) for each in patterns)
    ]
    yield names
    for name in names:
        sheet = workbook.get_sheet_by_name(name)
        last = sheet.end or (-1, -1)
        cells -= (last[0] + 1) * (last[1] + 1)
        if cells < 0:
            raise MemoryError
        yield None
        rows = sheet.to_python(skip_empty_area=False)
        for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
            _fill_down(rows, top, left, bottom)
        for row in rows:
            yield [_value(cell) for cell in row]


def _fill_down(rows: list[list[Any]], top: int, left: int, bottom: int) -> None:
    """Give the value of cells that were made one to each row that they reach: a day written once for three rows."""
    if top < len(rows) and left < len(rows[top]):
        for row in rows[top + 1 : bottom + 1]:
            row[left] = rows[top][left]


def _value(cell: Any) -> str | int | float | bool | None:  # noqa: ANN401 - what the library gives
    """Give a cell as JSON has it: whole floats as integers, dates in ISO form, nothing for an empty cell."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return cell.total_seconds() / 3600
    return cell  # type: ignore[no-any-return]  # bool, int, float


if __name__ == "__main__":
    sys.exit(main())
