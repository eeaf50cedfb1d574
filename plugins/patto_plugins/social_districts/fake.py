"""Fake Ambiti: their REST service on this machine, or their workbook, telling what the invented world has them tell."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from patto_connectors.http.settings import Part
from patto_connectors.ports import WORLD
from patto_connectors.testing.fake import FakePartner
from patto_connectors.testing.pages import Page, PageOf, Query, Store
from patto_connectors.testing.stage import Stage
from patto_plugins.social_districts.fake_workbook import Workbook
from patto_plugins.social_districts.translate import TABLE
from patto_schemas.chronicle import Calendar, Rates, WorldSettings, chronicle, wrong_letter
from patto_schemas.model.dialect import said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime

    from patto_schemas.chronicle import Told
    from patto_schemas.model.base import Entity

LISTINGS: Final = {"person": "persone", "pact": "patti", "measure": "interventi", "enrolment": "richieste"}
PARAMETERS: Final = {"modified_since": "modificatoDal", "cursor": "cursore", "limit": "limite"}
SHAPE: Final = Page(
    rows=(),
    envelope={"esitoPositivo": True, "apiMessages": []},
    items_name="elementi",
    next_name="cursoreSuccessivo",
    cursor_name="cursore",
)
"""An answer without rows."""
TWICE: Final = "\x7f"
"""Ends the key of a row that stands there twice: right behind the row itself."""


class FakeSettings(Part):
    """How many Ambiti, how many people, and how their story is told."""

    ambiti: tuple[str, ...] = ("LE/1",)
    """Codes of social districts; each has a service of its own under `/le-1/v1`."""
    people: int = Field(12, ge=0)
    """People of each Ambito, over the two years."""
    seed: int = 0
    rates: Rates = Rates()
    """How often operators are late, forget and err."""
    calendar: Calendar = Calendar(ahead_days=3_660)
    """The pace; unless it is said, all is told at once."""
    page_size: int = Field(500, ge=1)
    """Rows of a page where nobody says otherwise."""

    def stage(self) -> Stage:
        """Give a stage of their own, on which the telling begins now."""
        world = WorldSettings(seed=self.seed, people=self.people, ambiti=self.ambiti, rates=self.rates)
        return Stage(
            folder=Path(),
            chronicle=chronicle(world),
            calendar=self.calendar,
            began=WORLD.get().now(),
        )


@dataclass(slots=True)
class District:
    """One fake Ambito: the listings of its service, and what was told last of each record."""

    ambito: str
    page_size: int = 500
    stores: dict[str, Store] = field(default_factory=lambda: {kind: Store() for kind in LISTINGS})

    def page_of(self, kind: str) -> PageOf:
        """Give the function that answers the queries of one listing."""
        store, size = self.stores[kind], self.page_size

        def page(query: Query) -> Page:
            asked = {ours: query[theirs] for ours, theirs in PARAMETERS.items() if theirs in query}
            found = store.page(asked, size=size)
            return replace(SHAPE, rows=found.rows, next=found.next)

        return page

    def show(self, told: Told) -> None:
        """Show a record as its operator saved it, with the mistake that is in it."""
        store, record = self.stores[told.record.kind], told.record
        row, stamp = wire_row(record, told.mistake), _stamp(told.at)  # what is saved late is listed when it is saved
        store.put(record.key, stamp, row)
        if told.mistake == "doubled_row":
            store.put(record.key + TWICE, stamp, row)
        else:
            store.drop(record.key + TWICE)


def wire_row(record: Entity, mistake: str = "") -> bytes:
    """Give a record as the service's JSON, with an operator's mistake in it where there is one."""
    row = said(record, TABLE)
    row.pop("request_scheme", None)  # a request answers none
    if mistake in _SPOILED:
        _SPOILED[mistake](row)
    return json.dumps(row, ensure_ascii=False).encode()


def _wrong_letter(row: dict[str, Any]) -> None:
    if "codiceFiscale" in row:
        row["codiceFiscale"] = wrong_letter(row["codiceFiscale"])
    for each in row.get("identificativi", ()):
        if each["schema"] == "cf":
            each["valore"] = wrong_letter(each["valore"])


def _impossible(row: dict[str, Any]) -> None:
    row[next((name for name in row if name.startswith("data")), "dataProposta")] = "2024-02-31"


def _missing(row: dict[str, Any]) -> None:
    for name in ("cognome", "misura", "codiceAttivita", "idPolitica"):
        if name in row:
            del row[name]
            return


def _unknown(row: dict[str, Any]) -> None:
    row[next(name for name in ("sesso", "stato", "tipo") if name in row)] = "boh"


def _swapped(row: dict[str, Any]) -> None:
    row["dataInizio"], row["dataFine"] = row["dataFine"], row["dataInizio"]


def _comma(row: dict[str, Any]) -> None:
    if "indennita" in row:
        row["indennita"]["importoMensile"] = row["indennita"]["importoMensile"].replace(".", ",")


_SPOILED: Final[Mapping[str, Callable[[dict[str, Any]], None]]] = {
    "check_letter": _wrong_letter,
    "impossible_date": _impossible,
    "missing_field": _missing,
    "unknown_word": _unknown,
    "swapped_dates": _swapped,
    "decimal_comma": _comma,
}


def slug(ambito: str) -> str:
    """Write an Ambito's code as a path: `LE/1` is `le-1`."""
    return ambito.lower().replace("/", "-")


@dataclass(frozen=True, slots=True)
class Service:
    """The fake Ambiti's service: order faults from `partner.faults`, or over HTTP (`/_faults`)."""

    partner: FakePartner
    districts: tuple[District, ...]
    stage: Stage
    workbooks: Mapping[str, Workbook] = field(default_factory=dict)
    """The Ambiti without a system, by code: they drop a workbook instead."""

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[str]:
        """Serve, and let time pass, until the end of the block; an Ambito's `base_url` is the address and its slug.

        What is due is told before the block begins.

        Raises:
            OSError: the port is taken.
        """
        shows: dict[str, Callable[[Told], None]] = {each.ambito: each.show for each in self.districts}
        shows |= {code: workbook.show for code, workbook in self.workbooks.items()}
        until = self.stage.now()
        for code, show in shows.items():
            for told in self.stage.chronicle.told(code, until=until):
                show(told)
        async with self.partner.running(port) as url, asyncio.TaskGroup() as tasks:
            life = tasks.create_task(self._live(shows, until))
            yield url
            life.cancel()

    async def _live(self, shows: Mapping[str, Callable[[Told], None]], told_until: datetime) -> None:
        """Tell what comes due, and drop the workbooks when a day has passed; ends with the story."""
        world, stage = WORLD.get(), self.stage
        end = stage.chronicle.settings.ends_on + timedelta(days=LONGEST_LATE)
        for workbook in self.workbooks.values():
            await workbook.drop()
        while told_until.date() <= end:
            await world.sleep(max(stage.calendar.day_seconds, SHORTEST_S))
            until = stage.now()
            for code, show in shows.items():
                for told in stage.chronicle.told(code, after=told_until, until=until):
                    show(told)
            for workbook in self.workbooks.values():
                await workbook.drop()
            told_until = until


LONGEST_LATE: Final = 120
"""Days after the story's end by which every late telling has come."""
SHORTEST_S: Final = 0.5


def service(settings: FakeSettings, *, remember: bool = False) -> Service:
    """Make the service of all fake Ambiti; `remember` keeps the requests for a test to look at."""
    return service_on(settings.stage(), settings.ambiti, page_size=settings.page_size, remember=remember)


def service_on(
    stage: Stage,
    ambiti: Sequence[str],
    *,
    workbooks: Mapping[str, Path] | None = None,
    page_size: int = 500,
    remember: bool = False,
) -> Service:
    """Make the service of Ambiti on a stage; `workbooks` are those without a system, with the folder of each."""
    partner = FakePartner(seed=stage.chronicle.settings.seed, remember=remember)
    kept = {code: Workbook(folder) for code, folder in (workbooks or {}).items()}
    districts = tuple(District(ambito, page_size) for ambito in ambiti if ambito not in kept)
    for district in districts:
        for kind, listing in LISTINGS.items():
            partner.listing(f"/{slug(district.ambito)}/v1/{listing}", district.page_of(kind), SHAPE)
    return Service(partner, districts, stage, kept)


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
