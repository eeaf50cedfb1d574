"""Rows of registers as records: days, monthly closings, and who is in the internship or in the service.

Names of people are not kept: the number of the project says whose row it is.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.files import REGISTER, SHEET
from patto_connectors.files.header import plain
from patto_plugins.cooperatives.profiles import (
    CASE,
    CLOSED,
    CLOSINGS,
    HOST,
    MONTH,
    PRESENCES,
    PROJECT,
    SERVICES,
    TRAINEES,
    USERS,
    body_of,
    group_of,
    month_of,
)
from patto_schemas.model import AttendanceDay, AttendanceMonth, Enrolment
from patto_schemas.model.dialect import dialect, read_table
from patto_schemas.model.written import read_flag, read_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patto_schemas.model.base import Entity

TABLE: Final = read_table(Path(__file__).with_name("names.toml"))
RegisterDay = dialect(AttendanceDay, TABLE, "Register")
RegisterMonth = dialect(AttendanceMonth, TABLE, "Register")
RegisterEnrolment = dialect(Enrolment, TABLE, "Register")

NAMES: Final = frozenset(
    map(plain, ("Tirocinante", "Utente", "Nominativo", "Nome", "Cognome", "Cognome e nome", "Nome e cognome"))
)
"""Columns with people's names, which the hub does not need."""
RENAMED: Final = {CASE: PROJECT, "Firma utente": "Firma tirocinante", "Firma operatore": "Firma tutor"}
"""The names of a service register, and what an internship's register calls the same."""
SIGNATURES: Final = ("Firma tirocinante", "Firma tutor")
HALVES: Final = (("Mattina entrata", "Mattina uscita"), ("Pomeriggio entrata", "Pomeriggio uscita"))
PRESENT: Final = "p"
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"([0-9]{1,2})[:.,]([0-9]{2})(?::00)?")
_WRITTEN = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})[ T]+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)")
_MINUTES: Final = 60


def translate(row: Mapping[str, Any]) -> Entity:
    """Give the record of a row, by the sheet on which it stood.

    Raises:
        ValidationError: the row is no such record.
        KeyError: a column is empty without which the row says nothing.
        ValueError: a month or a host cannot be read, times do not follow each other, or the day is of another month.
    """
    fields = {
        RENAMED.get(name, name): value.strip() if isinstance(value, str) else value
        for name, value in row.items()
        if name not in {REGISTER, SHEET} and plain(name) not in NAMES
    }
    return _MAKERS[row[REGISTER]](fields, row)


def key_of(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """Give the kind and key of the record that a row would be, where it says as much; None if its day is no day.

    Raises:
        KeyError: the row does not say its project, month or host.
        ValueError: its month or host cannot be read.
    """
    register = row[REGISTER]
    project = str(row[CASE if register in {SERVICES, USERS} else PROJECT]).strip()
    if register in {TRAINEES, USERS}:
        return "enrolment", project
    if register == CLOSINGS:
        return "attendance_month", f"{CLOSED}{group_of(row)}{project}"
    day = row["Data"].strip()
    return ("attendance_day", f"{group_of(row)}{project}/{day}") if _ISO.fullmatch(day) else None


def _day(fields: dict[str, Any], row: Mapping[str, Any]) -> Entity:
    month = month_of(fields.pop(MONTH))
    project, day, group = fields[PROJECT], fields["Data"], group_of(row)
    fields.pop(HOST, None)
    if _ISO.fullmatch(day) and not day.startswith(month):
        raise ValueError("the day is of another month than the register")
    times = _times(fields)
    fields["@chiave"] = f"{group}{project}/{day}"
    if times:
        fields |= {"Dalle": times[0][0], "Alle": times[-1][1]}
        fields.setdefault("Ore", _hours(times))
    kind = fields.get("Presenza", PRESENT if times or Decimal(_number(fields.get("Ore"))) else None)
    if kind is None:
        raise KeyError("Presenza")
    fields["Presenza"] = kind.casefold()
    fields |= {name: _signed(fields[name]) for name in SIGNATURES if name in fields}
    return RegisterDay.model_validate_json(json.dumps(fields, ensure_ascii=False))


def _signed(text: str) -> bool | str:
    """Read a signature; what is neither yes nor no stays, so that the row is set aside under its column."""
    try:
        return read_flag(text) or False
    except ValueError:
        return text


def _number(text: str | None) -> str:
    return text if text is not None and re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else "0"


def _times(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """Take the times of both halves of the day, or of the one span of a service.

    Raises:
        ValueError: a time stands alone, or ends before it begins.
    """
    found: list[tuple[str, str]] = []
    for begins, ends in (*HALVES, ("Dalle", "Alle")):
        pair = (fields.pop(begins, None), fields.pop(ends, None))
        if pair == (None, None):
            continue
        if None in pair:
            raise ValueError("an entry without an exit, or an exit without an entry")
        start, end = map(_clock, pair)
        if end <= start or (found and start < found[-1][1]):
            raise ValueError("the times of the day do not follow each other")
        found.append((start, end))
    return found


def _clock(text: str | None) -> str:
    """Read a time: `8:30`, `08.30`, or what a spreadsheet has of it; another text stays, and its row is set aside."""
    found = _CLOCK.fullmatch(text or "")
    return f"{int(found[1]):02}:{found[2]}" if found else str(text)


def _hours(times: list[tuple[str, str]]) -> str | None:
    if not all(_CLOCK.fullmatch(clock) for pair in times for clock in pair):
        return None
    minutes = sum(_minute(end) - _minute(start) for start, end in times)
    return str(round(Decimal(minutes) / _MINUTES, 2))


def _minute(clock: str) -> int:
    return int(clock[:2]) * _MINUTES + int(clock[3:])


def _month(fields: dict[str, Any], row: Mapping[str, Any]) -> Entity:
    fields |= {MONTH: month_of(fields[MONTH]), "@chiave": f"{CLOSED}{group_of(row)}{fields[PROJECT]}"}
    fields.pop(HOST)
    if "Stato" in fields:
        fields["Stato"] = fields["Stato"].casefold()
    return RegisterMonth.model_validate_json(json.dumps(fields, ensure_ascii=False))


def _trainee(fields: dict[str, Any], _: Mapping[str, Any]) -> Entity:
    scheme, body = body_of(fields.pop(HOST))
    return _enrolment(fields | {"@tipo": "internship", "@ospitante": body, "@ospitante tipo": scheme})


def _user(fields: dict[str, Any], _: Mapping[str, Any]) -> Entity:
    return _enrolment(fields | {"@tipo": "service"})


def _enrolment(fields: dict[str, Any]) -> Entity:
    for name in ("Stato",):
        if name in fields:
            fields[name] = fields[name].casefold()
    for name in ("Codice fiscale", "Politica"):
        if name in fields:
            fields[name] = fields[name].replace(" ", "").upper()
    if (reason := fields.pop("Motivo uscita", None)) and "Fine" in fields:
        fields["@uscita"] = {"on": fields["Fine"], "reason": reason.zfill(2) if reason.isdigit() else reason}
    if "Aggiornato il" in fields:
        fields["Aggiornato il"] = _instant(fields["Aggiornato il"])
    return RegisterEnrolment.model_validate_json(json.dumps(fields, ensure_ascii=False))


def _instant(text: str) -> str:
    """Read when a row was changed, in local time: `02/03/2026 9:15`, or what a spreadsheet has of it."""
    if found := _WRITTEN.fullmatch(text):
        text = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}T{found[4]:0>5}"
    try:
        instant = read_instant(text)
    except ValueError:
        return text
    return text if instant is None else instant.isoformat()


_MAKERS: Final[Mapping[str, Callable[[dict[str, Any], Mapping[str, Any]], Entity]]] = {
    PRESENCES: _day,
    SERVICES: _day,
    CLOSINGS: _month,
    TRAINEES: _trainee,
    USERS: _user,
}
