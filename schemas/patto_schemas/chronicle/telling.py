"""From what is true to what is told: late, forgotten for a while or for ever, with mistakes that are mended later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from patto_schemas.chronicle.chance import chance
from patto_schemas.chronicle.mistakes import possible
from patto_schemas.chronicle.told import History, Told, Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from patto_schemas.chronicle.settings import Rates

MONTHS_LATE: Final = (30, 90)
"""After how many days a forgotten fact comes, where it comes at all."""
MENDED: Final = (1, 10)
"""After how many days a mistake is mended."""
SECOND: Final = timedelta(seconds=1)


@dataclass(slots=True)
class _Mouth:
    """What a teller has said of one record so far."""

    luck: Random
    rates: Rates
    teller: str
    revision: int = 0
    saved: datetime | None = None
    shown: datetime | None = None

    def say(self, version: Version, mistake: str = "", wait: timedelta = timedelta()) -> Told:
        """Save a version, and show it after a while: a record's versions are shown in their order."""
        saved = version.when if self.saved is None else max(version.when, self.saved + SECOND)
        self.revision, self.saved = self.revision + 1, saved
        at = saved + wait if self.shown is None else max(saved + wait, self.shown + SECOND)
        self.shown = at
        record = version.record.model_copy(update={"revision": self.revision, "modified_at": saved})
        return Told(at, self.teller, record, mistake)

    def forget(self) -> None:
        """Let a version pass unsaid; its number is spent."""
        self.revision += 1

    def wait(self) -> timedelta:
        """Give how long a telling takes: minutes mostly, days where it is late."""
        if self.luck.random() < self.rates.late:
            return timedelta(days=self.luck.randint(1, self.rates.lateness_days), minutes=self.luck.randrange(60))
        return timedelta(minutes=self.luck.randrange(60))

    def long(self) -> timedelta:
        """Give how long a forgotten fact takes."""
        return timedelta(days=self.luck.randint(*MONTHS_LATE))


def tell(seed: int, rates: Rates, history: History) -> Iterator[Told]:
    """Give what a teller says of one record, in the order in which it shows it."""
    versions = history.otherwise or history.versions
    if not versions:
        return
    first = versions[0].record
    luck = chance(seed, "told", history.teller, first.kind, first.key)
    mouth = _Mouth(luck, rates, history.teller)
    if history.may_vanish and _forgotten(luck, rates) is False:
        return
    mend: Version | None = None
    for number, version in enumerate(versions):
        if mend is not None and mend.when < version.when:
            yield mouth.say(mend)
            mend = None
        forgotten = None if mend is not None else _forgotten(luck, rates)
        if forgotten is False and number > 0 and (history.may_age or number < len(versions) - 1):
            mouth.forget()
            continue
        wrong = "" if mend is not None or forgotten is not None else _mistake(luck, rates, version)
        told = mouth.say(version, wrong, mouth.wait() if forgotten is None else mouth.long())
        yield told
        mend = Version(told.at + timedelta(days=luck.randint(*MENDED)), version.record) if wrong else None
    if mend is not None:
        yield mouth.say(mend)


def _forgotten(luck: Random, rates: Rates) -> bool | None:
    """Give None for a fact that is told, False for one that never is, True for one that comes after months."""
    return None if luck.random() >= rates.missing else luck.random() < 0.5  # noqa: PLR2004 - half of them


def _mistake(luck: Random, rates: Rates, version: Version) -> str:
    kinds = possible(version.record)
    return luck.choice(kinds) if kinds and luck.random() < rates.mistakes else ""
