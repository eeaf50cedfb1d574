"""Fake Ambiti: their REST service on this machine, with invented people, whose life goes on while it runs."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import Field

from patto_connectors.http.settings import Part
from patto_connectors.ports import WORLD
from patto_connectors.testing.fake import FakePartner
from patto_connectors.testing.pages import Page, PageOf, Query, Store
from patto_plugins.social_districts.translate import TABLE, DistrictMeasure, DistrictPact, DistrictPerson
from patto_schemas.invent import Inventor
from patto_schemas.model import Measure, Pact, Person
from patto_schemas.model.dialect import said
from patto_schemas.model.measure import MeasureEvent
from patto_schemas.model.pact import Closure, Suspension
from patto_schemas.model.people import ConsentGiven

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from patto_schemas.model.base import Entity

LISTINGS = {"person": "persone", "pact": "patti", "measure": "interventi"}
PARAMETERS = {"modified_since": "modificatoDal", "cursor": "cursore", "limit": "limite"}
SHAPE = Page(
    rows=(),
    envelope={"esitoPositivo": True, "apiMessages": []},
    items_name="elementi",
    next_name="cursoreSuccessivo",
    cursor_name="cursore",
)
"""An answer without rows."""

E = TypeVar("E", bound="Entity")


class FakeSettings(Part):
    """How many Ambiti, how many people, and how life goes on."""

    ambiti: tuple[str, ...] = ("LE/1",)
    """Codes of social districts; each has a service of its own under `/le-1/v1`."""
    people: int = Field(200, ge=0)
    """People with a pact and a measure in each Ambito, at the start."""
    seed: int = 0
    centre: str = "E506C000123"
    """The employment centre (`cpi_11`) that some people let read along."""
    consenting: float = Field(0.8, ge=0, le=1)
    """Share of people who let it."""
    every: float = Field(2.0, gt=0)
    """Seconds between two changes of an Ambito."""
    mistakes: float = Field(0.02, ge=0, le=1)
    """Share of changes with a mistake of an operator in them, mended at a later change."""
    late: float = Field(0.05, ge=0, le=1)
    """Share of changes saved with a time gone by, and of new people whose measure is there before their pact."""
    page_size: int = Field(500, ge=1)
    """Rows of a page where nobody says otherwise."""


@dataclass(slots=True)
class District:
    """One fake Ambito: what it holds, and what happens in it."""

    ambito: str
    settings: FakeSettings
    stores: dict[str, Store] = field(default_factory=lambda: {kind: Store() for kind in LISTINGS})
    to_mend: list[Entity] = field(default_factory=list)
    """Records whose form on the wire has a mistake."""
    to_bring: list[Entity] = field(default_factory=list)
    """Records that others there refer to already."""
    chance: Random = field(init=False)
    inventor: Inventor = field(init=False)

    def __post_init__(self) -> None:
        """Bring the first people in."""
        self.chance = Random(f"{self.settings.seed} life {self.ambito}")  # noqa: S311 - the same life for the same seed
        people = Random(f"{self.settings.seed} people {self.ambito}")  # noqa: S311 - the same people for the same seed
        self.inventor = Inventor(people, prefix=f"{slug(self.ambito)}-")
        first: dict[str, list[tuple[str, str, bytes]]] = {kind: [] for kind in LISTINGS}
        for _ in range(self.settings.people):
            for record in self._newcomer():
                first[record.kind].append((_stamp(record.modified_at or _EPOCH), record.key, _row(record)))
        for kind, rows in first.items():
            self.stores[kind].fill(rows)

    def page_of(self, kind: str) -> PageOf:
        """Give the function that answers the queries of one listing."""
        store, size = self.stores[kind], self.settings.page_size

        def page(query: Query) -> Page:
            asked = {ours: query[theirs] for ours, theirs in PARAMETERS.items() if theirs in query}
            found = store.page(asked, size=size)
            return replace(SHAPE, rows=found.rows, next=found.next)

        return page

    def live(self, now: datetime) -> None:
        """Let one thing happen."""
        late = timedelta(seconds=self.chance.randrange(30, 300)) if self._happens(self.settings.late) else timedelta()
        at = now.replace(microsecond=0) - late
        for waiting in (self.to_mend, self.to_bring):
            if waiting and self._happens(0.5):
                self._put(_again(waiting.pop(0), at), at)
        happenings = (self._progress, self._progress, self._turn, self._consent, self._arrival)
        for record in self.chance.choice(happenings)(at):
            self._put(record, at, wrong=self._happens(self.settings.mistakes))

    def _happens(self, share: float) -> bool:
        return self.chance.random() < share

    def _newcomer(self) -> tuple[Entity, ...]:
        """Invent a person with a pact and a measure; some let the employment centre read along."""
        dossier = self.inventor.dossier(ambito=self.ambito, days=0)
        pact = dossier.pact
        if self._happens(self.settings.consenting):
            word = self._word(pact.modified_at or _EPOCH, granted=True)
            pact = pact.model_copy(update={"consents": (*pact.consents, word)})
        return dossier.person, pact, dossier.measures[0]

    def _word(self, at: datetime, *, granted: bool) -> ConsentGiven:
        return ConsentGiven(
            organisation_scheme="cpi_11",
            organisation_id=self.settings.centre,
            from_domain="social",
            granted=granted,
            at=at,
        )

    def _arrival(self, at: datetime) -> tuple[Entity, ...]:
        records = tuple(record.model_copy(update={"modified_at": at}) for record in self._newcomer())
        if not self._happens(self.settings.late):
            return records
        self.to_bring.append(records[1])
        return records[0], records[2]

    def _progress(self, at: datetime) -> tuple[Entity, ...]:
        """End a measure: finished, or abandoned (SAP events 10 and 05)."""
        measure = self._some(Measure, lambda measure: measure.ended_on is None)
        if measure is None:
            return self._arrival(at)
        on = max(at.date(), measure.started_on or at.date())
        event = MeasureEvent(code=self.chance.choice(("10", "10", "05")), on=on)
        return (_again(measure, at, ended_on=on, events=(*measure.events, event)),)

    def _turn(self, at: datetime) -> tuple[Entity, ...]:
        """Suspend an active pact, take a suspended one up again, or close it."""
        pact, today = self._some(Pact, lambda pact: pact.status in {"active", "suspended"}), at.date()
        if pact is None:
            return self._arrival(at)
        if pact.status == "suspended":
            rests = (*pact.suspensions[:-1], pact.suspensions[-1].model_copy(update={"valid_to": today}))
            return (_again(pact, at, status="active", suspensions=rests),)
        if self._happens(0.3):
            closure = Closure(code="OBIETTIVI", on=today, reason="Obiettivi raggiunti")
            return (_again(pact, at, status="completed", closure=closure),)
        rest = Suspension(valid_from=today, reason="MALATTIA")
        return (_again(pact, at, status="suspended", suspensions=(*pact.suspensions, rest)),)

    def _consent(self, at: datetime) -> tuple[Entity, ...]:
        """Let somebody say yes or no to the employment centre."""
        pact = self._some(Pact, lambda _: True)
        if pact is None:
            return self._arrival(at)
        last = {consent.organisation_id: consent.granted for consent in pact.consents}
        word = self._word(at, granted=not last.get(self.settings.centre, False))
        return (_again(pact, at, consents=(*pact.consents, word)),)

    def _some(self, model: type[E], fits: Callable[[E], bool]) -> E | None:
        """Choose a record that fits, if a few tries find one; those with a mistake are left alone till it is mended."""
        rows, wrong = self.stores[model.kind].rows, {record.key for record in self.to_mend}
        for _ in range(min(len(rows), 20)):
            _, key, row = self.chance.choice(rows)
            if key not in wrong and fits(record := _READ[model].model_validate_json(row)):
                return cast("E", record)
        return None

    def _put(self, record: Entity, at: datetime, *, wrong: bool = False) -> None:
        """Show a record, with an operator's mistake in it where there is one."""
        row = _row(record)
        if wrong:
            row = self._spoiled(json.loads(row))
            self.to_mend.append(record)
        self.stores[record.kind].put(record.key, _stamp(at), row)

    def _spoiled(self, row: dict[str, Any]) -> bytes:
        """Write a date the Italian way, forget a field, or mistype a word."""
        mistake = self.chance.choice(("date", "gap", "word"))
        if mistake == "date":
            name = next(name for name in row if name.startswith("data"))
            row[name] = "/".join(reversed(row[name].split("-")))
        elif mistake == "gap":
            del row[next(name for name in row if name in {"nome", "misura", "codiceAttivita"})]
        else:
            row[next(name for name in row if name in {"sesso", "stato", "tipo"})] = "boh"
        return json.dumps(row, ensure_ascii=False).encode()


_EPOCH = datetime(2018, 1, 1, tzinfo=UTC)
_READ: dict[type[Any], type[Any]] = {Person: DistrictPerson, Pact: DistrictPact, Measure: DistrictMeasure}


def _row(record: Entity) -> bytes:
    return json.dumps(said(record, TABLE), ensure_ascii=False).encode()


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _again(record: Entity, at: datetime, **changes: object) -> Any:  # noqa: ANN401 - a record of the same kind
    """Give a record's next revision."""
    return record.model_copy(update={"revision": (record.revision or 0) + 1, "modified_at": at, **changes})


def slug(ambito: str) -> str:
    """Write an Ambito's code as part of an address: `LE/1` is `le-1`."""
    return ambito.lower().replace("/", "-")


@dataclass(frozen=True, slots=True)
class Service:
    """The fake Ambiti's service: order faults from `partner.faults`, or over HTTP (`/_faults`)."""

    partner: FakePartner
    districts: tuple[District, ...]

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[str]:
        """Serve, and let time pass, until the end of the block; an Ambito's `base_url` is the address and its slug.

        Raises:
            OSError: the port is taken.
        """
        async with self.partner.running(port) as url, asyncio.TaskGroup() as tasks:
            lives = [tasks.create_task(_life(district)) for district in self.districts]
            yield url
            for life in lives:
                life.cancel()


def service(settings: FakeSettings, *, remember: bool = False) -> Service:
    """Make the service of all fake Ambiti; `remember` keeps the requests for a test to look at."""
    partner = FakePartner(seed=settings.seed, remember=remember)
    districts = tuple(District(ambito, settings) for ambito in settings.ambiti)
    for district in districts:
        for kind, listing in LISTINGS.items():
            partner.listing(f"/{slug(district.ambito)}/v1/{listing}", district.page_of(kind), SHAPE)
    return Service(partner, districts)


async def _life(district: District) -> None:
    world = WORLD.get()
    while True:
        await world.sleep(district.settings.every * world.chance.uniform(0.5, 1.5))
        district.live(world.now())
