"""A fake training catalogue: it tells what the invented world has it tell, and answers requests to enrol."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from patto_connectors.files import csv_bytes, put
from patto_connectors.http.settings import Part
from patto_connectors.ports import WORLD
from patto_connectors.testing.fake import FakePartner, Said
from patto_connectors.testing.pages import Page, Query, Store
from patto_connectors.testing.stage import Stage
from patto_plugins.training_catalogue.enrolments import TABLE
from patto_plugins.training_catalogue.fake_documents import elm_document, xcri_document
from patto_schemas.chronicle import Calendar, Rates, WorldSettings, chronicle, wrong_letter
from patto_schemas.model import AttendanceDay, CourseOffering, Enrolment
from patto_schemas.model.dialect import said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import date, datetime

    from patto_connectors.testing.fake import Asked
    from patto_connectors.testing.faults import Fault
    from patto_schemas.chronicle import Told

SHAPE: Final = Page(rows=(), items_name="iscrizioni", next_name="prossimo")
CLOSINGS: Final = Page(rows=(), items_name="chiusure", next_name="prossimo")
MARKS: Final = {"present": "P", "unjustified_absence": "A", "justified_absence": "AG", "illness": "M"}
COLUMNS: Final = (
    "id_iscrizione",
    "data",
    "presenza",
    "ore",
    "dalle",
    "alle",
    "attivita",
    "firma_allievo",
    "firma_tutor",
)
ENDS: Final = {"completed": "FREQUENZA", "withdrawn": "RITIRATO", "excluded": "ESCLUSO", "cancelled": "ANNULLATA"}
TWICE: Final = "\x7f"
"""Ends the key of a row that stands there twice."""
LONGEST_LATE: Final = 120
"""Days after the story's end by which every late telling has come."""


class FakeSettings(Part):
    """How much there is, and how its story is told."""

    seed: int = 0
    """With the seed of the fake Ambiti, enrolments name the measures that those have."""
    ambiti: tuple[str, ...] = ("LE/1",)
    """Codes of the Ambiti whose people are enrolled."""
    people: int = Field(12, ge=0)
    """People of each Ambito, over the two years."""
    rates: Rates = Rates()
    """How often operators are late, forget and err."""
    calendar: Calendar = Calendar(ahead_days=3_660)
    """The pace; unless it is said, all is told at once."""
    drop: Path | None = None
    """Where registers are dropped; None: none are."""
    page_size: int = Field(500, ge=1)

    def stage(self) -> Stage:
        """Give a stage of their own, on which the telling begins now."""
        world = WorldSettings(seed=self.seed, people=self.people, ambiti=self.ambiti, rates=self.rates)
        return Stage(folder=Path(), chronicle=chronicle(world), calendar=self.calendar, began=WORLD.get().now())


@dataclass(slots=True)
class Catalogue:
    """What the fake catalogue holds by now, and what it was asked for."""

    drop: Path | None = None
    page_size: int = 500
    courses: dict[str, CourseOffering] = field(default_factory=dict)
    enrolments: dict[str, Enrolment] = field(default_factory=dict)
    listed: Store = field(default_factory=Store)
    closed: Store = field(default_factory=Store)
    register: list[Told] = field(default_factory=list)
    """Days that were written since the last register was dropped."""
    requested: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The last word on each request that the hub sent, by the hub's id."""
    dropped: int = 0

    def xcri(self) -> bytes:
        """Give the courses as XCRI-CAP 1.2."""
        return xcri_document(list(self.courses.values()))

    def elm(self) -> bytes:
        """Give the courses as ELM 3.1, LOQ profile."""
        return elm_document(list(self.courses.values()))

    def page(self, query: Query) -> Page:
        """Answer the enrolments' listing."""
        return self._listing(self.listed, query, SHAPE)

    def closings(self, query: Query) -> Page:
        """Answer the listing of closings."""
        return self._listing(self.closed, query, CLOSINGS)

    def _listing(self, store: Store, query: Query, shape: Page) -> Page:
        asked = {"modified_since": query.get("modificate_dal", ""), **query}
        found = store.page(asked, size=self.page_size)
        return replace(shape, rows=found.rows, next=found.next)

    def show(self, told: Told) -> None:
        """Take in what the world has the catalogue tell; what is shown late is stamped with when it is shown."""
        record, stamp = told.record, _stamp(told.at)
        if isinstance(record, CourseOffering):
            self.courses[record.key] = record
            for each in record.presentations:
                if each.status in {"closed", "cancelled"} and each.closed_on is not None:
                    self._close(each.edition_id, each.closed_on, stamp)
        elif isinstance(record, Enrolment):
            self.enrolments[record.key] = record
            row = wire_row(record, told.mistake)
            self.listed.put(record.key, stamp, row)
            if told.mistake == "doubled_row":
                self.listed.put(record.key + TWICE, stamp, row)
            else:
                self.listed.drop(record.key + TWICE)
        elif isinstance(record, AttendanceDay):
            self.register.append(told)

    def _close(self, edition: str, on: date, stamp: str) -> None:
        """List an edition's closing with those who were in it, once; one without anybody has none."""
        people = [each for each in self.enrolments.values() if each.edition_id == edition and each.status in ENDS]
        if people and edition not in self.closed.changed:
            row = {
                "id_edizione": edition,
                "chiusa_il": on.isoformat(),
                "aggiornata_il": stamp,
                "partecipanti": [_participant(each) for each in people],
            }
            self.closed.put(edition, stamp, json.dumps(row, ensure_ascii=False).encode())

    async def write_register(self) -> None:
        """Drop what was written since the last time as a register in CSV: Italian dates, decimal commas."""
        if self.drop is None or not self.register:
            return
        written, self.register = self.register, []
        self.dropped += 1
        self.drop.mkdir(parents=True, exist_ok=True)
        name = f"presenze_{WORLD.get().now():%Y%m%d_%H%M%S}_{self.dropped:04}.csv"
        await asyncio.to_thread(put, self.drop / name, register_bytes(written))

    def take(self, asked: Asked, _faults: Sequence[Fault]) -> Said:
        """Answer requests to enrol, one result for each."""
        results = [self._take(each) for each in json.loads(asked.body)["richieste"]]
        body = {"protocollo": f"PR-{len(self.requested):06}", "esiti": results}
        return Said(json.dumps(body).encode(), "application/json")

    def _take(self, request: dict[str, Any]) -> dict[str, str]:
        if request.get("stato") == "RICHIESTA" and not request.get("codice_fiscale"):
            return {"esito": "RESPINTA", "codice": "CF_MANCANTE"}
        if self.requested.get(request["id"]) == request:
            return {"esito": "GIA_NOTA"}
        self.requested[request["id"]] = request
        return {"esito": "ACCOLTA"}


def wire_row(enrolment: Enrolment, mistake: str = "") -> bytes:
    """Give an enrolment as the catalogue's JSON, with an operator's mistake in it where there is one."""
    row = said(enrolment, TABLE)
    if mistake in _SPOILED:
        _SPOILED[mistake](row)
    return json.dumps(row, ensure_ascii=False).encode()


_SPOILED: Final[Mapping[str, Callable[[dict[str, Any]], None]]] = {
    "check_letter": lambda row: row.update(codice_fiscale=wrong_letter(row["codice_fiscale"])),
    "impossible_date": lambda row: row.update(stato_dal="2024-02-31"),
    "missing_field": lambda row: row.pop("id_politica"),
    "unknown_word": lambda row: row.update(stato="BOH"),
    "swapped_dates": lambda row: row.update(data_avvio=row["data_fine"], data_fine=row["data_avvio"]),
}


def _participant(enrolment: Enrolment) -> dict[str, Any]:
    row = said(enrolment, TABLE)
    outcome = "ATTESTATO" if enrolment.certificate is not None else ENDS[enrolment.status]
    return {name: value for name, value in row.items() if name not in {"stato", "stato_dal", "id_edizione"}} | {
        "esito": outcome
    }


def register_bytes(days: Sequence[Told]) -> bytes:
    """Write days of attendance as a register in CSV, with the mistakes that are in them."""
    rows = []
    for told in days:
        if isinstance(told.record, AttendanceDay):
            row = _cells(told.record, told.mistake)
            rows += [row, row] if told.mistake == "doubled_row" else [row]
    return csv_bytes(COLUMNS, rows)


def _cells(day: AttendanceDay, mistake: str = "") -> tuple[str | Decimal | None, ...]:
    return (
        "" if mistake == "missing_field" else day.enrolment_id,
        "31/02/2024" if mistake == "impossible_date" else f"{day.day:%d/%m/%Y}",
        "BOH" if mistake == "unknown_word" else MARKS[day.attendance],
        day.hours or Decimal(0),
        day.starts_at,
        day.ends_at,
        day.activity or "Attività d'aula",
        "sì" if day.signed_by_trainee else "no",
        "sì" if day.signed_by_tutor else "no",
    )


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class Service:
    """The fake catalogue's service: order faults from `partner.faults`, or over HTTP (`/_faults`)."""

    partner: FakePartner
    catalogue: Catalogue
    stage: Stage
    teller: str

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[str]:
        """Serve, and let time pass, until the end of the block; `http.base_url` is the address and `/v1`.

        What is due is told before the block begins.

        Raises:
            OSError: the port is taken.
        """
        until = self.stage.now()
        await self._tell(None, until)
        async with self.partner.running(port) as url, asyncio.TaskGroup() as tasks:
            life = tasks.create_task(self._live(until))
            yield url
            life.cancel()

    async def _tell(self, after: datetime | None, until: datetime) -> None:
        for told in self.stage.chronicle.told(self.teller, after=after, until=until):
            self.catalogue.show(told)
        await self.catalogue.write_register()

    async def _live(self, told_until: datetime) -> None:
        """Tell what comes due, and drop a register when a day has passed; ends with the story."""
        world, end = WORLD.get(), self.stage.chronicle.settings.ends_on + timedelta(days=LONGEST_LATE)
        while told_until.date() <= end:
            await world.sleep(max(self.stage.calendar.day_seconds, 0.5))
            until = self.stage.now()
            await self._tell(told_until, until)
            told_until = until


def service(settings: FakeSettings, *, remember: bool = False) -> Service:
    """Make the catalogue's service; `remember` keeps the requests for a test to look at."""
    return service_on(settings.stage(), drop=settings.drop, page_size=settings.page_size, remember=remember)


def service_on(stage: Stage, *, drop: Path | None = None, page_size: int = 500, remember: bool = False) -> Service:
    """Make the catalogue's service on a stage."""
    partner = FakePartner(seed=stage.chronicle.settings.seed, remember=remember)
    catalogue = Catalogue(drop=drop, page_size=page_size)
    partner.listing("/v1/courses.xml", lambda _: catalogue.xcri())
    partner.listing("/v1/courses-elm.xml", lambda _: catalogue.elm())
    partner.listing("/v1/enrolments", catalogue.page, SHAPE)
    partner.listing("/v1/closings", catalogue.closings, CLOSINGS)
    partner.answering("/v1/requests", catalogue.take)
    teller = next(each for each in stage.chronicle.tellers() if each.kind == "catalogue")
    return Service(partner, catalogue, stage, teller.code)
