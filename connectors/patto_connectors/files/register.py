"""How one table of a partner's workbook or CSV file is laid out: what was agreed, so that the rest can be found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from patto_connectors.files.sheet_child import wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind: TypeAlias = Literal["day", "amount"]

REGISTER: Final = "@register"
"""The field under which a row carries its register's name."""
SHEET: Final = "@sheet"
"""The field under which a row carries its sheet's name as the partner wrote it, or its CSV file's."""
IDENTITY: Final = "@identity"
"""The field under which a row without a key of its own carries a stable one: day, digest, how many before it."""
NULLS: Final = ("", "-", "n.d.", "n/d", "#N/D", "#N/A", "NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One agreed table; a bare `Register()` takes the first sheet and finds the header by its look.

    The first `look` rows are searched for the row that names the agreed columns, however they are written
    (case, accents, dots, spaces, line breaks). Rows carry the agreed names; columns that were not agreed
    stay in the row under the name that they have. Beyond the table, past a column without name, is the legend.
    """

    name: str = ""
    """What its rows are called where a file holds several tables; they carry it as `@register`, beside `@sheet`."""
    sheet: str = ""
    """Which sheets, in plain words: `presenze*`, `servizi sociali uscita`; empty: the first. For CSV: the file's."""
    columns: Sequence[str] = ()
    """The agreed columns, in any order; empty: whatever the header names."""
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Other names under which an agreed column comes."""
    required: Sequence[str] = ()
    """Columns without which nothing can be done: the file is set aside where one is missing."""
    titles: int = 0
    """How many rows above the header are part of the columns' names: `Mattina` over `entrata` is `Mattina entrata`."""
    legend: Sequence[str] = ()
    """Words of the header, or above it, at which the table ends: `LEGENDA`."""
    key: Sequence[str] = ()
    """Columns of which a row fills one; a short text below the table that fills none is a legend, not a row."""
    fixed: Sequence[str] = ()
    """Columns that are filled in beforehand, as dates are: a row that has nothing else is no row."""
    above: Mapping[str, str] = field(default_factory=dict)
    """Fields that stand once above the table, by the label before them: `{"mese": "Mese"}` for `Mese: | marzo`."""
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    """Columns that come in many forms and leave in one: days in ISO form, amounts as `1234.5`.

    What cannot be read stays as it is written, so that the row is set aside by whoever translates it.
    """
    nulls: Sequence[str] = NULLS
    """Texts that mean that there is no value."""
    identity: str | None = None
    """The column of the day by which rows without a key are told apart; they carry `@identity` then."""
    look: int = 20

    def wants(self, sheet: str) -> bool:
        """Whether a sheet, or a CSV file without its extension, holds this table."""
        return wanted(sheet, self.sheet)
