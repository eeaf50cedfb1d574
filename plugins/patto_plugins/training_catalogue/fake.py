"""A fake training catalogue: courses as XCRI and ELM, enrolments by REST, registers dropped as CSV files."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path  # noqa: TC003 - pydantic reads it at run time
from random import Random
from typing import TYPE_CHECKING

from pydantic import Field

from patto_connectors.files import csv_bytes, put
from patto_connectors.http.settings import Part
from patto_connectors.ports import WORLD
from patto_connectors.testing.fake import FakePartner
from patto_connectors.testing.pages import Page, Query, Store
from patto_plugins.training_catalogue.enrolments import TABLE
from patto_plugins.training_catalogue.fake_documents import elm_document, xcri_document
from patto_schemas.invent import Inventor
from patto_schemas.model.dialect import said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from patto_schemas.model import AttendanceDay, CourseOffering, Enrolment

SHAPE = Page(rows=(), items_name="iscrizioni", next_name="prossimo")
MARKS = {"present": "P", "unjustified_absence": "A", "justified_absence": "AG", "illness": "M"}
COLUMNS = ("id_iscrizione", "data", "presenza", "ore", "dalle", "alle", "attivita", "firma_allievo", "firma_tutor")
_EPOCH = datetime(2018, 1, 1, tzinfo=UTC)


class FakeSettings(Part):
    """How much there is, and how life goes on."""

    seed: int = 0
    """With the seed of the fake Ambiti, enrolments name the measures that those have."""
    ambiti: tuple[str, ...] = ("LE/1",)
    """Codes of the fake Ambiti whose people are enrolled."""
    people: int = Field(200, ge=0)
    """People of each fake Ambito who are enrolled: the first ones."""
    courses: int = Field(40, ge=1)
    providers: int = Field(4, ge=1)
    language: str = "it"
    days: int = Field(3, ge=0)
    """Days that each register brings."""
    registers: int = Field(20, ge=0)
    """Enrolments in each register."""
    every: float = Field(2.0, gt=0)
    """Seconds between two things that happen."""
    drop: Path | None = None
    """Where registers are dropped; None: none are."""
    page_size: int = Field(500, ge=1)


@dataclass(slots=True)
class Catalogue:
    """What the fake catalogue holds, and what happens in it."""

    settings: FakeSettings
    courses: list[CourseOffering] = field(init=False)
    enrolments: list[Enrolment] = field(init=False)
    store: Store = field(default_factory=Store)
    chance: Random = field(init=False)
    inventor: Inventor = field(init=False)
    dropped: int = 0

    def __post_init__(self) -> None:
        """Open the catalogue."""
        seed = self.settings.seed
        self.chance = Random(f"{seed} catalogue life")  # noqa: S311 - the same life for the same seed
        self.inventor = Inventor(Random(f"{seed} catalogue"), prefix="CF-")  # noqa: S311 - likewise
        offered = [self.inventor.course_offering() for _ in range(self.settings.courses)]
        providers = [each.provider for each in offered[: self.settings.providers]]
        self.courses = [
            each.model_copy(update={"provider": providers[number % len(providers)]})
            for number, each in enumerate(offered)
        ]
        self.enrolments = list(self._enrolled())
        rows = [(_stamp(each.modified_at or _EPOCH), each.key, _row(each)) for each in self.enrolments]
        self.store.fill(rows)

    def _enrolled(self) -> Iterable[Enrolment]:
        """Enrol the people of the fake Ambiti: half in an edition of a course, half in their internship."""
        seed = self.settings.seed
        for ambito in self.settings.ambiti:
            people = Random(f"{seed} people {ambito}")  # noqa: S311 - the people whom the fake Ambiti invent
            inventor = Inventor(people, prefix=f"{ambito.lower().replace('/', '-')}-")
            for _ in range(self.settings.people):
                dossier = inventor.dossier(ambito=ambito, days=0)
                enrolment = dossier.enrolments[0].model_copy(update={"modified_at": dossier.measures[0].modified_at})
                if self.chance.random() < 0.5:  # noqa: PLR2004 - half of them
                    edition = self.chance.choice(self.chance.choice(self.courses).presentations)
                    enrolment = enrolment.model_copy(update={"type": "course", "edition_id": edition.edition_id})
                yield enrolment

    def xcri(self) -> bytes:
        """Give the courses as XCRI-CAP 1.2."""
        return xcri_document(self.courses)

    def elm(self) -> bytes:
        """Give the courses as ELM 3.1, LOQ profile."""
        return elm_document(self.courses)

    def page(self, query: Query) -> Page:
        """Answer the enrolments' listing."""
        asked = {"modified_since": query.get("modificate_dal", ""), **query}
        found = self.store.page(asked, size=self.settings.page_size)
        return Page(rows=found.rows, next=found.next, items_name=SHAPE.items_name, next_name=SHAPE.next_name)

    def register(self) -> bytes:
        """Give the next days of some enrolments as a register in CSV: Italian dates, decimal commas."""
        chosen = self.chance.sample(self.enrolments, min(self.settings.registers, len(self.enrolments)))
        days = [day for each in chosen for day in self.inventor.attendance(each, self.settings.days)]
        return csv_bytes(COLUMNS, [_cells(day) for day in days])

    def live(self, now: datetime) -> None:
        """Let one thing happen: somebody ends a course or leaves it, or a register is dropped."""
        if self.settings.drop is not None and self.chance.random() < 0.5:  # noqa: PLR2004 - as often as not
            self.drop(now)
            return
        if self.enrolments:
            number = self.chance.randrange(len(self.enrolments))
            at = now.replace(microsecond=0)
            old = self.enrolments[number]
            status = self.chance.choice(("completed", "suspended", "enrolled", "withdrawn"))
            update = {"revision": (old.revision or 0) + 1, "modified_at": at, "status": status, "status_on": at.date()}
            self.enrolments[number] = new = old.model_copy(update=update)
            self.store.put(new.key, _stamp(at), _row(new))

    def drop(self, now: datetime) -> None:
        """Drop a register, whole or not at all."""
        if self.settings.drop is not None:
            self.settings.drop.mkdir(parents=True, exist_ok=True)
            self.dropped += 1
            put(self.settings.drop / f"presenze_{now:%Y%m%d_%H%M%S}_{self.dropped:04}.csv", self.register())


def _cells(day: AttendanceDay) -> tuple[str | Decimal | None, ...]:
    return (
        day.enrolment_id,
        f"{day.day:%d/%m/%Y}",
        MARKS[day.attendance],
        day.hours or Decimal(0),
        day.starts_at,
        day.ends_at,
        "Attività d'aula",
        "sì" if day.signed_by_trainee else "no",
        "sì" if day.signed_by_tutor else "no",
    )


def _row(enrolment: Enrolment) -> bytes:
    return json.dumps(said(enrolment, TABLE), ensure_ascii=False).encode()


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class Service:
    """The fake catalogue's service: order faults from `partner.faults`, or over HTTP (`/_faults`)."""

    partner: FakePartner
    catalogue: Catalogue

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[str]:
        """Serve, and let time pass, until the end of the block; `http.base_url` is the address and `/v1`.

        Raises:
            OSError: the port is taken.
        """
        async with self.partner.running(port) as url, asyncio.TaskGroup() as tasks:
            life = tasks.create_task(_life(self.catalogue))
            yield url
            life.cancel()


def service(settings: FakeSettings, *, remember: bool = False) -> Service:
    """Make the catalogue's service; `remember` keeps the requests for a test to look at."""
    partner = FakePartner(seed=settings.seed, remember=remember)
    catalogue = Catalogue(settings)
    partner.listing("/v1/courses.xml", lambda _: catalogue.xcri())
    partner.listing("/v1/courses-elm.xml", lambda _: catalogue.elm())
    partner.listing("/v1/enrolments", catalogue.page, SHAPE)
    return Service(partner, catalogue)


async def _life(catalogue: Catalogue) -> None:
    world = WORLD.get()
    while True:
        await world.sleep(catalogue.settings.every * catalogue.chance.uniform(0.5, 1.5))
        catalogue.live(world.now())
