"""Attendance registers as training providers write them: CSV or a workbook, one row per person and day."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from patto_schemas.model import AttendanceDay

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = {
    "P": "present",
    "A": "unjustified_absence",
    "AG": "justified_absence",
    "M": "illness",
}
"""Presente, assente, assente giustificato, malattia."""
YES = frozenset(["sì", "si", "s", "x", "1", "true", "vero"])
_ITALIAN = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


def translate(row: Mapping[str, str]) -> AttendanceDay:
    """Translate a row of a register; a day that is sent again replaces what was said of it (rule R13).

    Raises:
        KeyError: a column is missing.
        ValueError: the hours are no number.
        pydantic.ValidationError: another field is not as agreed.
    """
    enrolment, on = row["id_iscrizione"].strip(), _iso(row["data"].strip())
    kind = row["presenza"].strip().upper()
    return AttendanceDay(
        attendance_id=f"{enrolment}/{on}",
        enrolment_id=enrolment,
        day=on,
        attendance=KINDS.get(kind, kind),
        hours=_hours(row.get("ore", "")),
        starts_at=row.get("dalle", "").strip() or None,
        ends_at=row.get("alle", "").strip() or None,
        activity=row.get("attivita", "").strip() or None,
        signed_by_trainee=row.get("firma_allievo", "").strip().lower() in YES,
        signed_by_tutor=row.get("firma_tutor", "").strip().lower() in YES,
    )


def key_of(row: Mapping[str, str]) -> tuple[str, str] | None:
    """Say which day a row speaks of that could not be translated; None where the row does not say it."""
    enrolment, on = row.get("id_iscrizione", "").strip(), _iso(row.get("data", "").strip())
    return ("attendance_day", f"{enrolment}/{on}") if enrolment and _exists(on) else None


def _exists(day: str) -> bool:
    """Whether there is such a day: the correction of one that there is not will say another."""
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _iso(written: str) -> str:
    found = _ITALIAN.fullmatch(written)
    return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}" if found else written


def _hours(written: str) -> Decimal | None:
    """Read hours with a decimal comma or point."""
    if not written.strip():
        return None
    try:
        return Decimal(written.strip().replace(",", "."))
    except InvalidOperation:
        raise ValueError("hours are no number") from None
