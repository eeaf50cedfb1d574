"""Values as partners write them: Italian dates, Excel's day numbers, amounts with a comma, `S` and `N`.

For translating functions (`read_day("31/12/2020")`) and, as types, for the fields of wire models (`day: WrittenDay`).
Nothing is guessed: what can mean two things is refused. The forms are those met in partners' files;
of the far-away days 01/01/1900 and 31/12/2099 stand in the ministry's rules for the SAP form, 31-12-9999 in OntoPiA.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError, PydanticKnownError

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING: Final = frozenset({"", "-"})
"""What stands for no value in spreadsheets."""
ITALIAN: Final = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})(?:[ T].*)?", re.ASCII)
ISO: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T].*)?", re.ASCII)
SERIAL: Final = re.compile(r"[0-9]{5}(?:\.[0-9]+)?", re.ASCII)
EXCEL_ZERO: Final = date(1899, 12, 30)
"""Day 0 as it counts from March 1900 on: Excel thinks that 29 February 1900 was a day."""
FIRST_SERIAL: Final = 61
LAST_SERIAL: Final = 2_958_465
ROME: Final = ZoneInfo("Europe/Rome")
MONEY_SIGNS: Final = re.compile(r"^\s*(€|EUR|euro)?\s*([0-9.,']+)\s*(€|EUR|euro)?\s*$", re.IGNORECASE | re.ASCII)
THOUSANDS: Final = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+", re.ASCII)
"""Beside a sign of money a dot before three digits parts thousands: euros have two decimals at most."""
GROUPED: Final = re.compile(r"[0-9]{1,3}(?:([.'])[0-9]{3})(?:\1[0-9]{3})*,[0-9]{1,2}", re.ASCII)
PLAIN: Final = re.compile(r"[0-9]+(?:[.,][0-9]{1,2})?", re.ASCII)
FLAGS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("s", "si", "sì", "y", "yes", "true", "vero", "1", "x"), True),
    **dict.fromkeys(("n", "no", "false", "falso", "0"), False),
}


def read_day(value: Any) -> date | None:  # noqa: ANN401 - whatever the partner wrote
    """Read a day: ISO (a time is cut off), dd/mm/yyyy, dd-mm-yyyy, dd.mm.yyyy or an Excel day number; blank is None.

    Raises:
        ValueError: it is none of these, or the calendar has no such day.
    """
    if value is None or isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _serial(float(value))
    if not isinstance(value, str):
        raise _no_day()
    text = value.strip()
    if text in NOTHING:
        return None
    return _day_of(text)


def _day_of(text: str) -> date:
    try:
        if found := ITALIAN.fullmatch(text):
            return date(int(found[4]), int(found[3]), int(found[1]))
        if found := ISO.fullmatch(text):
            return date.fromisoformat(found[1])
    except ValueError:
        raise _no_day() from None
    if SERIAL.fullmatch(text):
        return _serial(float(text))
    raise _no_day()


def _serial(number: float) -> date:
    if not FIRST_SERIAL <= number <= LAST_SERIAL:
        raise _no_day()
    return EXCEL_ZERO + timedelta(int(number))


def _no_day() -> PydanticKnownError:
    return PydanticKnownError("date_parsing", {"error": "no date in a known form"})


def read_instant(value: Any, zone: ZoneInfo = ROME) -> datetime | None:  # noqa: ANN401 - whatever the partner wrote
    """Read an instant: ISO with offset, or without one as local time in `zone`; blank is None.

    Of the hour that comes twice in October the first is meant.

    Raises:
        ValueError: it is no ISO date and time.
    """
    if value is None or (isinstance(value, str) and value.strip() in NOTHING):
        return None
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(value.strip())
    except (ValueError, AttributeError):
        raise PydanticKnownError("datetime_parsing", {"error": "no date and time in ISO form"}) from None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=zone)


def read_amount(value: Any) -> Decimal | None:  # noqa: ANN401 - whatever the partner wrote
    """Read an amount: a number, `1234.56`, `1234,56`, `1.234,56`, `€ 500`, `1.000 euro`; blank is None.

    Raises:
        ValueError: it is none of these; `1.234` alone too, as it may mean a thousand or one.
    """
    if value is None or (isinstance(value, str) and value.strip() in NOTHING):
        return None
    found = MONEY_SIGNS.match(str(value)) if not isinstance(value, bool) else None
    digits = "" if found is None else found[2]
    signed = found is not None and bool(found[1] or found[3])
    if GROUPED.fullmatch(digits) or (signed and THOUSANDS.fullmatch(digits)):
        digits = digits.replace(".", "").replace("'", "")
    if not PLAIN.fullmatch(digits):
        raise _no_amount()
    return Decimal(digits.replace(",", "."))


def _no_amount() -> PydanticCustomError:
    return PydanticCustomError("decimal_amount", "Input should be an amount as 1234,56", {"most": "99999999999.99"})


def read_flag(value: Any) -> bool | None:  # noqa: ANN401 - whatever the partner wrote
    """Read yes or no: S/N, SI/NO, true/false, vero/falso, 1/0, X; blank is None.

    Raises:
        ValueError: it is none of these.
    """
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in NOTHING:
        return None
    if text not in FLAGS:
        raise PydanticKnownError("bool_parsing")
    return FLAGS[text]


WrittenDay = Annotated[date | None, PlainValidator(read_day)]
"""A day in any of these forms, for a wire model's field."""
WrittenInstant = Annotated[datetime | None, PlainValidator(read_instant)]
"""An instant, local Italian time where it has no offset."""
WrittenAmount = Annotated[Decimal | None, PlainValidator(read_amount)]
"""An amount in Italian or plain form."""
WrittenFlag = Annotated[bool | None, PlainValidator(read_flag)]
"""Yes or no in Italian or English."""
