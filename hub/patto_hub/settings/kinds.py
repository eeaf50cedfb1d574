"""Kinds of values in settings files: lengths of time, names of organisations, and their messages in two languages."""

from __future__ import annotations

import re
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from patto_schemas.model.base import Name

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")


def wrong(it: str, en: str) -> PydanticCustomError:
    """Make a validation error that says in both languages what value would be right."""
    return PydanticCustomError("patto", "{en}", {"it": it, "en": en})


def seconds(value: object) -> float:
    """Read a length of time: `90s`, `15m`, `2h`, `1d`."""
    match = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or not float(match[1]):
        raise wrong(
            "serve una durata, come «90s», «15m», «2h» o «1d»", "a length of time is needed, as 90s, 15m, 2h or 1d"
        )
    return float(match[1]) * _UNITS[match[2]]


def span(value: float) -> str:
    """Write a length of time with the largest unit that gives a whole number."""
    unit = next(unit for unit in reversed(_UNITS) if not value % _UNITS[unit] or unit == "s")
    return f"{value / _UNITS[unit]:g}{unit}"


def cron(value: str) -> str:
    """Check that the clock can read a cron expression."""
    from patto_hub.clock.cron import parse  # noqa: PLC0415 - loads APScheduler, which most commands do without

    try:
        parse(value)
    except ValueError as error:
        it, _, en = str(error).partition(" | ")
        raise wrong(it, en) from error
    return " ".join(value.split())


def zone(value: str) -> str:
    """Check that a time zone exists."""
    if value not in available_timezones():
        raise wrong("serve un fuso orario, come «Europe/Rome»", "a time zone is needed, as Europe/Rome")
    return ZoneInfo(value).key


def name(value: object) -> Name:
    """Read an organisation's name: `scheme:value`, as `ambito:LE/1`."""
    if isinstance(value, Name):
        return value
    scheme, colon, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not (scheme and colon and rest):
        raise wrong(
            "serve il nome di un'organizzazione, come «ambito:LE/1» o «piva:00488410010»",
            "an organisation's name is needed, as ambito:LE/1 or piva:00488410010",
        )
    return Name(scheme, rest)


Span = Annotated[float, BeforeValidator(seconds)]
"""Seconds, written with a unit: `15m`."""
Cron = Annotated[str, AfterValidator(cron)]
Zone = Annotated[str, AfterValidator(zone)]
OrganisationName = Annotated[Name, BeforeValidator(name)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A partner's or connector's name: lower-case letters, digits and underscores."""
