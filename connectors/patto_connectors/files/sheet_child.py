"""The process that reads one workbook, with limits of its own: whatever the file does, only this process suffers.

Started as a program. Its standard input is the workbook, its one argument the settings as JSON, its standard output
one JSON list per row, from the sheet's first row.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError

BROKEN, NO_SHEET, ENCRYPTED, TOO_BIG = 3, 4, 5, 6


def main() -> int:
    """Read the workbook; the exit code says what went wrong."""
    settings = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (settings["memory"], settings["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (settings["seconds"], settings["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        rows = _rows(sys.stdin.buffer.read(), settings["sheet"], settings["cells"])
    except PasswordError:
        return ENCRYPTED
    except LookupError:
        return NO_SHEET
    except MemoryError:
        return TOO_BIG
    except Exception:  # noqa: BLE001 - whatever the library makes of a hostile file, the answer is the same
        return BROKEN
    write = sys.stdout.write
    for row in rows:
        write(json.dumps([_value(cell) for cell in row], ensure_ascii=False))
        write("\n")
    return 0


def _rows(content: bytes, wanted: str | None, cells: int) -> list[list[Any]]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    names = [wanted] if wanted in workbook.sheet_names else workbook.sheet_names[: wanted is None]
    sheet = workbook.get_sheet_by_name(names[0])
    last = sheet.end or (-1, -1)
    if (last[0] + 1) * (last[1] + 1) > cells:
        raise MemoryError
    return sheet.to_python(skip_empty_area=False)


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
