"""Fake cooperatives: they keep their registers month by month and host by host, and drop them anew when they change."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from pydantic import Field

from patto_connectors.files import put
from patto_connectors.http.settings import Part
from patto_connectors.ports import WORLD
from patto_connectors.testing.stage import Stage
from patto_plugins.cooperatives.fake_workbook import csv_bytes, ods_bytes, register, xlsx_bytes
from patto_plugins.cooperatives.profiles import MONTHS
from patto_schemas.chronicle import Calendar, Rates, WorldSettings, chronicle
from patto_schemas.model import AttendanceDay, AttendanceMonth, Enrolment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from patto_plugins.cooperatives.fake_workbook import Grid
    from patto_schemas.chronicle import Teller, Told

Form: TypeAlias = Literal["xlsx", "ods", "csv"]
NAMES: Final = (
    "registro_{month}_sede{host}",
    "Registro presenze {word} {year} - sede {host}",
    "REG {year}_{number} S{host}",
)
"""What a register is called: by cooperative and month, as nobody agrees on it."""
FINAL: Final = " DEF"
"""What is added to the name once the month is closed."""
AHEAD: Final = 5
"""Days that are entered beforehand."""
WEEK: Final = 7
"""Days after which a cooperative brings its registers up to date."""
SHORTEST_S: Final = 0.5


class FakeSettings(Part):
    """How many Ambiti, how many people, and how their story is told."""

    ambiti: tuple[str, ...] = ("LE/1",)
    """Codes of the Ambiti whose people the cooperatives take in."""
    people: int = Field(12, ge=0)
    """People of each Ambito, over the two years."""
    seed: int = 0
    rates: Rates = Rates()
    """How often operators are late, forget and err."""
    calendar: Calendar = Calendar(ahead_days=3_660)
    """The pace; unless it is said, all is told at once."""

    def stage(self, folder: Path) -> Stage:
        """Give a stage of their own, on which the telling begins now."""
        world = WorldSettings(seed=self.seed, people=self.people, ambiti=self.ambiti, rates=self.rates)
        return Stage(folder=folder, chronicle=chronicle(world), calendar=self.calendar, began=WORLD.get().now())


@dataclass(slots=True)
class Cooperative:
    """One fake cooperative's books, and the folder into which it drops them."""

    folder: Path
    hosts: Mapping[str, str]
    """By project: the host's VAT number."""
    form: Form = "xlsx"
    style: int = 0
    """Which of `NAMES` it begins with."""
    days: dict[tuple[str, date], Told] = field(default_factory=dict)
    closings: dict[tuple[str, str], Told] = field(default_factory=dict)
    trainees: dict[str, Told] = field(default_factory=dict)
    changed: set[tuple[str, str]] = field(default_factory=set)
    """Registers that have to be dropped anew: month and host."""
    _dropped: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def show(self, told: Told) -> None:
        """Enter a record into the book of its month and host, as its operator typed it."""
        record = told.record
        if isinstance(record, AttendanceDay):
            self.days[record.enrolment_id, record.day] = told
            self._touch(f"{record.day:%Y-%m}", record.enrolment_id)
        elif isinstance(record, AttendanceMonth):
            self.closings[record.enrolment_id, record.month] = told
            self._touch(record.month, record.enrolment_id)
        elif isinstance(record, Enrolment):
            self.trainees[record.enrolment_id] = told
            self._touch(f"{told.at:%Y-%m}", record.enrolment_id)

    def strike(self, project: str, day: date) -> None:
        """Take a day out again."""
        del self.days[project, day]
        self._touch(f"{day:%Y-%m}", project)

    def _touch(self, month: str, project: str) -> None:
        self.changed.add((month, self.hosts[project]))

    def drop(self) -> list[str]:
        """Drop the registers that have changed; gives their names.

        Raises:
            OSError: the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        names: list[str] = []
        for month, host in sorted(self.changed):
            files = self._files(month, host)
            for name, content in files.items():
                put(self.folder / name, content)
            for old in self._dropped.get((month, host), frozenset()) - files.keys():
                (self.folder / old).unlink(missing_ok=True)
            self._dropped[month, host] = frozenset(files)
            names += files
        self.changed.clear()
        return names

    def sheets(self, month: str, host: str) -> Mapping[str, Grid]:
        """Give a register's sheets as they stand now."""
        days = {
            key: told
            for key, told in sorted(self.days.items())
            if f"{key[1]:%Y-%m}" == month and self.hosts[key[0]] == host
        }
        last = dict(days.keys())  # the last day of each project: they come in order
        to_come = [
            (day + timedelta(more), project)
            for project, day in last.items()
            for more in range(1, AHEAD)
            if f"{day + timedelta(more):%Y-%m}" == month
        ]
        closings = [
            told for (project, at), told in sorted(self.closings.items()) if at == month and self.hosts[project] == host
        ]
        trainees = [told for project, told in sorted(self.trainees.items()) if self.hosts[project] == host]
        return register(month, host, days=days.values(), closings=closings, trainees=trainees, to_come=to_come)

    def _files(self, month: str, host: str) -> dict[str, bytes]:
        sheets, name = self.sheets(month, host), self._name(month, host)
        if self.form == "csv":
            return {f"{sheet.lower()} {name}.csv": csv_bytes(grid) for sheet, grid in sheets.items()}
        return {f"{name}.{self.form}": xlsx_bytes(sheets) if self.form == "xlsx" else ods_bytes(sheets)}

    def _name(self, month: str, host: str) -> str:
        year, number = month.split("-")
        pattern = NAMES[(self.style + int(number)) % len(NAMES)]
        closed = any(at == month and self.hosts[project] == host for project, at in self.closings)
        seat = sorted(set(self.hosts.values())).index(host) + 1
        word = MONTHS[int(number) - 1]
        return pattern.format(month=month, year=year, number=number, word=word, host=seat) + (FINAL if closed else "")


@dataclass(frozen=True, slots=True)
class Cooperatives:
    """All fake cooperatives, each with its books."""

    stage: Stage
    books: Mapping[str, Cooperative]
    """By the chronicle's code."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let time pass until the end of the block; what is due is dropped before the block begins."""
        until = self.stage.now()
        await asyncio.to_thread(self.work, None, until)
        async with asyncio.TaskGroup() as tasks:
            life = tasks.create_task(self._live(until))
            yield
            life.cancel()

    async def _live(self, after: datetime) -> None:
        while True:
            await WORLD.get().sleep(max(self.stage.calendar.day_seconds * WEEK, SHORTEST_S))
            until = self.stage.now()
            await asyncio.to_thread(self.work, after, until)
            after = until

    def work(self, after: datetime | None, until: datetime) -> None:
        """Enter what is told between two instants, and drop what has changed."""
        for code, book in self.books.items():
            for told in self.stage.chronicle.told(code, after=after, until=until):
                book.show(told)
            book.drop()


def cooperatives(stage: Stage, folders: Mapping[str, Path], forms: Mapping[str, Form]) -> Cooperatives:
    """Make the cooperatives of a stage that have a folder, each with its form."""
    return Cooperatives(
        stage,
        {
            code: Cooperative(folder, hosts_of(stage, code), forms.get(code, "xlsx"), style)
            for style, (code, folder) in enumerate(folders.items())
        },
    )


def hosts_of(stage: Stage, code: str) -> Mapping[str, str]:
    """Give each project's host, as it will be told: a day may be told before its internship."""
    return {
        record.enrolment_id: str(record.host_id)
        for record in stage.chronicle.truth(code, registers=False)
        if isinstance(record, Enrolment)
    }


def tellers(stage: Stage) -> Sequence[Teller]:
    """Give the cooperatives of whose people some take part."""
    return [each for each in stage.chronicle.tellers() if each.kind == "cooperative"]
