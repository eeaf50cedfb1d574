"""The agreed registers: which sheets and columns there are, what a newer file replaces (rule R13).

The columns are those of the usual regional form of an internship's register; merged titles (`Mattina` over `entrata`
and `uscita`) are part of their names. What a cooperative calls otherwise, or does not have, its settings say.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from patto_connectors.files import REGISTER, Reading, Register

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from patto_connectors.contract import Row
    from patto_connectors.files.register import Kind

MONTH: Final = "Mese"
HOST: Final = "Soggetto ospitante"
PRESENCES, CLOSINGS, TRAINEES = "Presenze", "Riepilogo", "Tirocinanti"
SERVICES, USERS = "Interventi", "Utenti"
CASE: Final = "Cod. intervento"
PROJECT: Final = "N. progetto"
CLOSED: Final = "chiusure/"
"""How the keys of closings begin, before their register's."""
SERVICE_GROUP: Final = "servizi"
"""What stands in the place of the host in the keys of a service register."""
MONTHS: Final = (
    *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
    *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
)
_WORDS = re.compile(r"([a-z]+)[ .\-/]+([0-9]{4})")
_DIGITS = re.compile(r"([0-9]{1,2})[ .\-/]([0-9]{4})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})(?:-[0-9]{2}.*)?")
_BODY = re.compile(r"(?<![0-9A-Z])(?:[0-9]{8,11}|[A-Z]{6}[0-9A-Z]{10})(?![0-9A-Z])")
_VAT: Final = 11

_SIGNED: Final[Mapping[str, tuple[str, ...]]] = {
    "Firma tirocinante": ("Firme tirocinante", "Firma del tirocinante", "Firma allievo"),
    "Firma tutor": ("Firme tutor", "Firma del tutor", "Firma tutor aziendale"),
}
_BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(f"{title} {name}" for title in ("Pomeriggio", "Giornata", "Totale"))
    for name in ("Ore", "Presenza", "Attività")
}
"""Columns that stand under a title of their own, or over which `Pomeriggio` reaches where they have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The registers of one stream."""

    registers: tuple[Register, ...]

    def reading(
        self,
        sheets: Mapping[str, str],
        aliases: Mapping[str, Sequence[str]],
        without: Iterable[str],
        legend: Sequence[str],
    ) -> Reading:
        """Give how a cooperative's files are read, with what it does otherwise."""
        absent = frozenset(without)
        return Reading(
            registers=[_own(each, sheets, aliases, absent, legend) for each in self.registers], scope=replaced
        )


def _own(
    register: Register,
    sheets: Mapping[str, str],
    aliases: Mapping[str, Sequence[str]],
    absent: frozenset[str],
    legend: Sequence[str],
) -> Register:
    named = {name: (*register.aliases.get(name, ()), *aliases.get(name, ())) for name in register.columns}
    return replace(
        register,
        sheet=sheets.get(register.name, register.sheet),
        columns=[name for name in register.columns if name not in absent],
        aliases=named,
        above={field: next(iter(aliases.get(field, ())), label) for field, label in register.above.items()},
        legend=legend,
    )


def _kinds(days: Sequence[str], amounts: Sequence[str]) -> dict[str, Kind]:
    return {**dict.fromkeys(days, "day"), **dict.fromkeys(amounts, "amount")}


INTERNSHIPS: Final = Profile(
    registers=(
        Register(
            name=PRESENCES,
            sheet="presenze*",
            columns=(
                *("Data", PROJECT, "Mattina entrata", "Mattina uscita", "Pomeriggio entrata", "Pomeriggio uscita"),
                *("Ore", "Presenza", "Attività", "Firma tirocinante", "Firma tutor"),
            ),
            aliases={**_BESIDE, **_SIGNED},
            required=("Data", PROJECT, MONTH, HOST),
            titles=1,
            key=(PROJECT,),
            fixed=("Data", PROJECT),
            above={MONTH: MONTH, HOST: HOST},
            kinds={"Data": "day", "Ore": "amount"},
        ),
        Register(
            name=CLOSINGS,
            sheet="riepilogo*",
            columns=(
                *(PROJECT, "Ore previste", "Ore svolte", "Ore giustificate", "Ore ingiustificate"),
                *("Indennità", "Stato", "Chiuso il"),
            ),
            required=(PROJECT, "Ore svolte", "Stato", MONTH, HOST),
            key=(PROJECT,),
            fixed=(PROJECT, "Ore previste"),
            above={MONTH: MONTH, HOST: HOST},
            kinds=_kinds(
                days=("Chiuso il",),
                amounts=("Ore previste", "Ore svolte", "Ore giustificate", "Ore ingiustificate", "Indennità"),
            ),
        ),
        Register(
            name=TRAINEES,
            sheet="tirocinanti*",
            columns=(
                *(PROJECT, "Codice fiscale", "Politica", "Stato", "Stato dal", "Richiesto il", "Inizio", "Fine"),
                *("Motivo uscita", "Ore previste", "Aggiornato il"),
            ),
            required=(PROJECT, "Codice fiscale", "Politica", "Stato", HOST),
            key=(PROJECT,),
            above={HOST: HOST},
            kinds=_kinds(days=("Stato dal", "Richiesto il", "Inizio", "Fine"), amounts=("Ore previste",)),
        ),
    )
)
SERVICE_REGISTERS: Final = Profile(
    registers=(
        Register(
            name=SERVICES,
            sheet="interventi*",
            columns=("Data", CASE, "Dalle", "Alle", "Ore", "Presenza", "Attività", "Firma utente", "Firma operatore"),
            required=("Data", CASE, MONTH),
            key=(CASE,),
            fixed=("Data", CASE),
            above={MONTH: MONTH},
            kinds={"Data": "day", "Ore": "amount"},
        ),
        Register(
            name=USERS,
            sheet="utenti*",
            columns=(
                *(CASE, "Codice fiscale", "Politica", "Stato", "Stato dal", "Richiesto il", "Inizio", "Fine"),
                *("Motivo uscita", "Ore previste", "Aggiornato il"),
            ),
            required=(CASE, "Codice fiscale", "Politica", "Stato"),
            key=(CASE,),
            kinds=_kinds(days=("Stato dal", "Richiesto il", "Inizio", "Fine"), amounts=("Ore previste",)),
        ),
    )
)
PROFILES: Final = (INTERNSHIPS, SERVICE_REGISTERS)


def month_of(text: str) -> str:
    """Read a month: `marzo 2026`, `03/2026`, `2026-03` or a day of it.

    Raises:
        ValueError: it is none of these.
    """
    written = text.strip().casefold()
    if (found := _WORDS.fullmatch(written)) and found[1] in MONTHS:
        return f"{found[2]}-{MONTHS.index(found[1]) + 1:02}"
    if found := _DIGITS.fullmatch(written):
        year, month = found[2], int(found[1])
    elif found := _ISO.fullmatch(written):
        year, month = found[1], int(found[2])
    else:
        raise ValueError("a month is written as marzo 2026 or 03/2026")
    if not 1 <= month <= len(MONTHS):
        raise ValueError("there is no such month")
    return f"{year}-{month:02}"


def body_of(text: str) -> tuple[str, str]:
    """Read which body a cell names, whatever stands beside it: ("piva", eleven digits) or ("cf", the code).

    Raises:
        ValueError: there is none in it.
    """
    found = _BODY.search(text.upper())
    if found is None:
        raise ValueError("the host is named by its VAT number")
    digits = found[0].isdigit()
    return ("piva", found[0].zfill(_VAT)) if digits else ("cf", found[0])


def group_of(row: Mapping[str, str]) -> str:
    """Give how the keys of a register begin: month and host, or month and `servizi`.

    Raises:
        KeyError: the row does not say it.
        ValueError: what it says cannot be read.
    """
    group = SERVICE_GROUP if row[REGISTER] == SERVICES else body_of(row[HOST])[1]
    return f"{month_of(row[MONTH])}/{group}/"


def replaced(name: str, rows: Sequence[Row]) -> Iterable[str]:
    """Tell of which keys a file is the whole: days and closings of the months and hosts that its rows name.

    A workbook holds both sheets, so each speaks for the other; a CSV file is one sheet.
    """
    whole = not name.lower().endswith(".csv")
    prefixes: dict[str, None] = {}
    for row in rows:
        fields = json.loads(row) if isinstance(row, bytes) else row
        if MONTH in fields:
            try:
                group = group_of(fields)
            except ValueError:  # such a row is set aside, and the file takes nothing away
                continue
            closing = fields[REGISTER] == CLOSINGS
            prefixes |= {group: None} if whole or not closing else {}
            prefixes |= {f"{CLOSED}{group}": None} if whole or closing else {}
    return prefixes
