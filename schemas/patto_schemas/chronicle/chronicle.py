"""The whole invented world, told partner by partner; made only as far as somebody asks."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from patto_schemas.chronicle.catalogue import offerings
from patto_schemas.chronicle.chance import midnight
from patto_schemas.chronicle.register import TAIL, month_end
from patto_schemas.chronicle.scene import CATALOGUE, scene
from patto_schemas.chronicle.settings import WorldSettings
from patto_schemas.chronicle.story import story
from patto_schemas.chronicle.telling import tell
from patto_schemas.chronicle.told import History, Teller, Told, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from patto_schemas.chronicle.register import Register
    from patto_schemas.model import Organisation
    from patto_schemas.model.base import Entity

MONTHS_KEPT: Final = 1024
"""Months of registers that are kept in memory, some 15 kB each."""
BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)
END: Final = datetime(9999, 12, 31, tzinfo=UTC)
_AT: Final = attrgetter("at")


class _Page(NamedTuple):
    """A month of a register, and the time in which the days of it can be told."""

    first: datetime
    last: datetime
    register: Register
    month: date


class _Book(NamedTuple):
    """What one teller says: of one Ambito's people, or of all."""

    told: list[Told]
    """In the order in which it is shown."""
    true: tuple[Entity, ...]
    pages: tuple[_Page, ...]
    """What is written only when somebody asks for its time."""


class Chronicle:
    """One world. Pure: asks no clock, and the same settings tell the same; keeps what it has made."""

    def __init__(self, settings: WorldSettings) -> None:
        self.settings = settings
        self.people_made = 0
        """How many people have been invented so far."""
        self._scene = scene(settings.seed)
        self._by_code = {each.code: each for each in self._scene.tellers}
        self._books: dict[str, Mapping[str, _Book]] = {}
        self._whole: dict[str, _Book] = {}
        self._month = lru_cache(maxsize=MONTHS_KEPT)(self._tell_month)

    @property
    def organisations(self) -> Mapping[str, Organisation]:
        """Every teller's organisation, by the teller's code."""
        return self._scene.organisations

    def tellers(self) -> tuple[Teller, ...]:
        """Give every partner of whose people some take part: Ambiti first."""
        part = set(self.settings.ambiti)
        return tuple(each for each in self._scene.tellers if part & set(each.ambiti))

    def teller(self, code: str) -> Teller:
        """Give a partner by its code: `LE/1`, `catalogo_puglia`, ...

        Raises:
            KeyError: there is none.
        """
        return self._by_code[code]

    def told(
        self, teller: Teller | str, *, after: datetime | None = None, until: datetime | None = None
    ) -> Sequence[Told]:
        """Give what a partner shows after an instant and until another (both: all there is), by `at`.

        Days of attendance are written for the months that are asked for, so ask for short times where memory counts.
        """
        book, low, high = self._book(teller), after or BEGINNING, until or END
        found = book.told[bisect_right(book.told, low, key=_AT) : bisect_right(book.told, high, key=_AT)]
        pages = (page for page in book.pages if page.first <= high and low <= page.last)
        days = [each for page in pages for each in self._month(page.register, page.month) if low < each.at <= high]
        return sorted([*found, *days], key=_order) if days else found

    def truth(self, teller: Teller | str, *, registers: bool = True) -> Iterator[Entity]:
        """Give what is true in the end of every record that a partner keeps, told or not, right or not.

        Without `registers` their days are left out, which are by far the most, and are written for whoever asks.
        """
        book = self._book(teller)
        yield from book.true
        for page in book.pages if registers else ():
            for each in page.register.histories(page.month):
                last = self._last(each)
                if last is not None:
                    yield last

    def _tell_month(self, register: Register, month: date) -> tuple[Told, ...]:
        return tuple(told for each in register.histories(month) for told in self._tell(each))

    def _book(self, teller: Teller | str) -> _Book:
        """Give everything that a partner keeps, but the days of its registers."""
        code = teller if isinstance(teller, str) else teller.code
        if code not in self._whole:
            served = [ambito for ambito in self._by_code[code].ambiti if ambito in self.settings.ambiti]
            books = [self._of(ambito).get(code, _Book([], (), ())) for ambito in served]
            books.append(self._own(code))
            self._whole[code] = _Book(
                sorted((each for book in books for each in book.told), key=_order),
                tuple(each for book in books for each in book.true),
                tuple(each for book in books for each in book.pages),
            )
        return self._whole[code]

    def _own(self, code: str) -> _Book:
        """Give what a partner tells of no person: the catalogue its courses, a cooperative itself."""
        if code == CATALOGUE:
            settings = self.settings
            return self._bound(offerings(settings.seed, settings.starts_on, settings.days), ())
        if self._by_code[code].kind == "cooperative":
            opening = Version(midnight(self.settings.starts_on), self.organisations[code])
            return self._bound([History(code, (opening,))], ())
        return _Book([], (), ())

    def _of(self, ambito: str) -> Mapping[str, _Book]:
        """Give what each partner says of an Ambito's people; made once."""
        if ambito not in self._books:
            self.people_made += self.settings.people
            teller = self._by_code[ambito]
            stories = [story(self.settings, teller, number) for number in range(1, self.settings.people + 1)]
            histories: dict[str, list[History]] = {}
            registers: dict[str, list[Register]] = {}
            for each in stories:
                for line in each.histories:
                    histories.setdefault(line.teller, []).append(line)
                for register in each.registers:
                    registers.setdefault(register.teller, []).append(register)
            self._books[ambito] = {
                code: self._bound(lines, registers.get(code, ())) for code, lines in histories.items()
            }
        return self._books[ambito]

    def _bound(self, histories: Iterable[History], registers: Iterable[Register]) -> _Book:
        lines = list(histories)
        told = sorted((each for line in lines for each in self._tell(line)), key=_order)
        pages = tuple(
            _Page(midnight(month), midnight(month_end(month)) + TAIL, register, month)
            for register in registers
            for month in register.months()
            if month < self.settings.ends_on
        )
        return _Book(told, tuple(last for line in lines if (last := self._last(line)) is not None), pages)

    def _tell(self, line: History) -> Iterator[Told]:
        return tell(self.settings.seed, self.settings.rates, self._within(line))

    def _within(self, line: History) -> History:
        """Leave out what would happen after the world's end."""
        end = midnight(self.settings.ends_on)
        if line.versions[-1].when < end and not line.otherwise:
            return line
        return History(
            line.teller,
            tuple(each for each in line.versions if each.when < end),
            tuple(each for each in line.otherwise if each.when < end),
            may_vanish=line.may_vanish,
            may_age=line.may_age,
        )

    def _last(self, line: History) -> Entity | None:
        versions = self._within(line).versions
        return versions[-1].record if versions else None


def chronicle(settings: WorldSettings | None = None) -> Chronicle:
    """Give the world of some settings; nothing of it is made before somebody asks."""
    return Chronicle(settings or WorldSettings())


def _order(told: Told) -> tuple[datetime, str, str]:
    return told.at, told.record.kind, told.record.key
