"""Code lists as dated tables read from CSV files beside this module."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMMON: Final = ("code", "label_it", "label_en", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code in one time of validity."""

    code: str
    label_it: str
    label_en: str
    """Italian where nobody has published an English one."""
    valid_from: date | None
    """None: always."""
    valid_to: date | None
    """Last day; None: still valid."""
    more: Mapping[str, str]
    """The table's further columns, as `belfiore`."""

    def holds(self, on: date | None) -> bool:
        """Tell whether the code is valid on a day; None asks for today's list (no end)."""
        if on is None:
            return self.valid_to is None
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)

    def label(self, language: str = "it") -> str:
        """Give the label in `it` or `en`."""
        return self.label_en if language == "en" else self.label_it


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A code list: lookups by code and day."""

    name: str
    source: str
    """Where it comes from and its licence, from the file's first line."""
    complete: bool
    """False where the source is only partly known: a code that is missing may still exist."""
    rows: Mapping[str, tuple[CodeRow, ...]]

    def __contains__(self, code: object) -> bool:
        return code in self.rows

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def find(self, code: str, on: date | None = None) -> CodeRow | None:
        """Give the code's row on a day (None: today's list), or None where the list has none."""
        return next((row for row in self.rows.get(code, ()) if row.holds(on)), None)

    def label(self, code: str, language: str = "it", on: date | None = None) -> str | None:
        """Give the code's label on a day, or None where the list has none."""
        row = self.find(code, on)
        return None if row is None else row.label(language)

    def current(self) -> Iterator[CodeRow]:
        """Yield today's rows."""
        return (row for rows in self.rows.values() for row in rows if row.holds(None))


@lru_cache(maxsize=64)
def table(name: str) -> CodeTable:
    """Read a table of this package: `sap_events`, `municipalities`, ...

    Raises:
        FileNotFoundError: there is no such table.
    """
    text = files("patto_schemas.codes").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    head, *lines = text.splitlines()
    if not head.startswith("# "):
        raise ValueError(f"{name}.csv: the first line must say the source, as `# source; complete`")
    rows: dict[str, tuple[CodeRow, ...]] = {}
    for cells in csv.DictReader(lines):
        row = _row(cells)
        rows[row.code] = (*rows.get(row.code, ()), row)
    source, _, completeness = head[2:].rpartition("; ")
    return CodeTable(name, source, completeness == "complete", MappingProxyType(rows))


def _row(cells: Mapping[str, str]) -> CodeRow:
    return CodeRow(
        code=cells["code"],
        label_it=cells["label_it"],
        label_en=cells["label_en"] or cells["label_it"],
        valid_from=_day(cells["valid_from"]),
        valid_to=_day(cells["valid_to"]),
        more=MappingProxyType({name: value for name, value in cells.items() if name not in COMMON}),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
