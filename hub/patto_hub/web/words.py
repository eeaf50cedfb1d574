"""Speaks to staff in their language: sentences, numbers, days and lengths of time as people say them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from patto_hub.web.sentences import SENTENCES
from patto_hub.web.sentences_endings import ENDINGS
from patto_hub.web.sentences_portal import PORTAL
from patto_hub.web.sentences_problems import PROBLEMS
from patto_hub.web.sentences_rights import RIGHTS
from patto_hub.web.sentences_sending import SENDING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from patto_hub.clock.calendar import Place

Language = Literal["it", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("it", "en")
ALL: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {**SENTENCES, **ENDINGS, **PORTAL, **SENDING, **RIGHTS, **PROBLEMS}
)
"""The sentences of the staff's pages and of the partners'."""
_NEAR: Final = {-1: "tomorrow", 0: "today", 1: "yesterday"}
_ELIDED: Final = (8, 11)
"""Days before which Italian elides the article: `l'8 marzo`, `dall'11 marzo`."""


@dataclass(frozen=True, slots=True)
class Words:
    """Speaks one language at one moment in one place."""

    language: Language
    now: int
    place: Place

    def __call__(self, key: str, **values: object) -> str:
        """Give a sentence; numbers are written as the language does. With `n` equal to 1, `<key>.one` if there is one.

        Raises:
            KeyError: there is no such sentence, or it names a value that is not given.
        """
        chosen = f"{key}.one" if values.get("n") == 1 and f"{key}.one" in ALL else key
        sentence = ALL[chosen][LANGUAGES.index(self.language)]
        return sentence.format_map({name: self._said(value) for name, value in values.items()})

    def number(self, value: float) -> str:
        """Write a number."""
        return format_decimal(value, locale=self.language)

    def when(self, instant: int, *, seconds: bool = False) -> str:
        """Say an instant as people do: `oggi alle 02:31`, `ieri alle 18:00`, `il 3 marzo alle 02:30`."""
        return self._at("when", instant, "HH:mm:ss" if seconds else "HH:mm")

    def since(self, instant: int) -> str:
        """Say since when, preposition included: `dalle 02:31 di oggi`, `dal 3 marzo alle 02:30`."""
        return self._at("since", instant)

    def _at(self, kind: str, instant: int, clock: str = "HH:mm") -> str:
        moment, now = self.place.local(instant), self.place.local(self.now)
        days = (now.date() - moment.date()).days
        time = format_time(moment, clock, locale=self.language)
        if days in _NEAR:
            return self(f"{kind}.{_NEAR[days]}", time=time)
        day = format_date(moment, "d MMMM" if moment.year == now.year else "d MMMM y", locale=self.language)
        if self.language == "it" and moment.day == 1:
            day = f"1º{day[1:]}"
        return self(f"{kind}.day.elided" if moment.day in _ELIDED else f"{kind}.day", day=day, time=time)

    def full(self, instant: int) -> str:
        """Say an instant so that it stands for itself on paper: `12 marzo 2026, 10:30:00 (CET)`."""
        moment = self.place.local(instant)
        day, time = format_date(moment, "d MMMM y", locale=self.language), format_time(moment, "HH:mm:ss")
        return f"{day}, {time} ({moment:%Z})"

    def day(self, day: date) -> str:
        """Say a day: `12 marzo 2026`."""
        return format_date(day, "d MMMM y", locale=self.language)

    def clock(self, instant: int) -> str:
        """Say the time of day, with seconds."""
        return format_time(self.place.local(instant), "HH:mm:ss", locale=self.language)

    def span(self, seconds: float) -> str:
        """Say a length of time in its largest fitting unit, as it stands after `ogni` and `every`."""
        for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
            if seconds >= size and seconds % size == 0:
                return self(f"span.{unit}", n=int(seconds // size))
        return self("span.second", n=int(seconds))

    def _said(self, value: object) -> object:
        return self.number(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def language_of(wanted: str | None) -> Language:
    """Give the language for what a request asks; Italian if it asks for none that there is."""
    return "en" if wanted == "en" else "it"
