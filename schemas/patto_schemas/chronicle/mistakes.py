"""What operators get wrong: named kinds, which a fake partner works into its own wire form."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from stdnum.it import codicefiscale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patto_schemas.model.base import Entity

MISTAKES: Final = MappingProxyType(
    {
        "check_letter": "the last letter of the person's tax code is another one",
        "impossible_date": "a date that no calendar has, as 31 February",
        "missing_field": "a field that the format asks for is not there",
        "unknown_word": "a word or code that no list has",
        "swapped_dates": "the start stands where the end should, and the end where the start should",
        "doubled_row": "the same row stands there twice",
        "decimal_comma": "an amount or a number of hours with a comma where the format wants a point",
    }
)
"""Every kind of mistake, and what the wire form then shows."""

_TEXT: Final = ("impossible_date", "missing_field", "unknown_word", "doubled_row")
BY_KIND: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "person": ("check_letter", *_TEXT),
        "pact": ("check_letter", *_TEXT, "decimal_comma"),
        "measure": _TEXT,
        "course_offering": ("missing_field",),
        "enrolment": ("check_letter", *_TEXT),
        "attendance_day": (*_TEXT, "decimal_comma"),
        "attendance_month": ("missing_field", "unknown_word", "doubled_row", "decimal_comma"),
        "employment": ("check_letter", *_TEXT),
        "loan": ("check_letter", *_TEXT, "decimal_comma"),
        "visit": _TEXT,
        "payment_order": ("impossible_date", "missing_field", "decimal_comma"),
        "movement": ("doubled_row",),
    }
)
"""The mistakes that can happen to each kind of record; kinds that are not here are written by machines."""


def possible(record: Entity) -> tuple[str, ...]:
    """Give the mistakes that can happen to a record."""
    ended = getattr(record, "started_on", None) and getattr(record, "ended_on", None)
    swapped = ("swapped_dates",) if ended and getattr(record, "started_on", None) != ended else ()
    return (*BY_KIND.get(record.kind, ()), *swapped)


def wrong_letter(code: str) -> str:
    """Give a person's tax code with a wrong check letter, for the mistake `check_letter`."""
    right = codicefiscale.calc_check_digit(code[:15])
    return code[:15] + chr((ord(right) - ord("A") + 1) % 26 + ord("A"))
