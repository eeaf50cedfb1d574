"""Fake microcredit operators: their REST service on this machine, telling what the invented world has them tell."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from patto_connectors.http.settings import Part
from patto_connectors.ports import WORLD
from patto_connectors.testing.fake import FakePartner
from patto_connectors.testing.pages import Page, PageOf, Query, Store
from patto_connectors.testing.stage import LOOK_S, Stage
from patto_plugins.microcredit.fake_bank import patience
from patto_plugins.microcredit.translate import TABLE
from patto_schemas.chronicle import Calendar, Rates, WorldSettings, chronicle, wrong_letter
from patto_schemas.model import PaymentOrder
from patto_schemas.model.dialect import said

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime, timedelta

    from patto_schemas.chronicle import Told
    from patto_schemas.model.base import Entity

LISTINGS: Final = {"loan": "pratiche", "visit": "visite", "payment_order": "disposizioni"}
PARAMETERS: Final = {"modified_since": "aggiornateDal", "cursor": "segno", "limit": "quante"}
SHAPE: Final = Page(
    rows=(),
    envelope={"esitoPositivo": True, "apiMessages": []},
    items_name="elenco",
    next_name="segnoSuccessivo",
    cursor_name="segno",
)
"""An answer without rows."""
TWICE: Final = "\x7f"
"""Ends the key of a row that stands there twice: right behind the row itself."""


class FakeSettings(Part):
    """How large the invented world is, and how its story is told."""

    ambiti: tuple[str, ...] = ("LE/1",)
    """Codes of the Ambiti whose people borrow; those of Lecce are served by `microcredito_2`."""
    people: int = Field(60, ge=0)
    """People of each Ambito; one in ten or so gets a loan."""
    seed: int = 0
    rates: Rates = Rates()
    """How often operators are late, forget and err."""
    calendar: Calendar = Calendar(ahead_days=3_660)
    """The pace; unless it is said, all is told at once."""
    folder: Path = Path()
    """Where a fake bank keeps its files."""

    def stage(self) -> Stage:
        """Give a stage of their own, on which the telling begins now."""
        world = WorldSettings(seed=self.seed, people=self.people, ambiti=self.ambiti, rates=self.rates)
        return Stage(folder=self.folder, chronicle=chronicle(world), calendar=self.calendar, began=WORLD.get().now())


@dataclass(slots=True)
class Lender:
    """One fake operator: the listings of its service, and what was told last of each record."""

    code: str
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

    def show(self, told: Told, at: datetime | None = None) -> None:
        """Show a record as its clerk saved it, with the mistake that is in it; `at` is when, if later than told."""
        store, record = self.stores[told.record.kind], told.record
        row, stamp = wire_row(record, told.mistake), _stamp(at or told.at)  # listed when it is there to be listed
        store.put(record.key, stamp, row)
        if told.mistake == "doubled_row":
            store.put(record.key + TWICE, stamp, row)
        else:
            store.drop(record.key + TWICE)


def wire_row(record: Entity, mistake: str = "") -> bytes:
    """Give a record as the service's JSON, with a clerk's mistake in it where there is one."""
    row = said(record, TABLE)
    if mistake in _SPOILED:
        _SPOILED[mistake](row)
    return json.dumps(row, ensure_ascii=False).encode()


def _wrong_letter(row: dict[str, Any]) -> None:
    row["beneficiario"] = wrong_letter(row["beneficiario"])


def _impossible(row: dict[str, Any]) -> None:
    row[next(name for name in row if name.startswith("data"))] = "2024-02-31"


def _missing(row: dict[str, Any]) -> None:
    del row[next(name for name in ("regime", "luogo", "idEndToEnd") if name in row)]


def _unknown(row: dict[str, Any]) -> None:
    row[next(name for name in ("stato", "luogo") if name in row)] = "boh"


def _comma(row: dict[str, Any]) -> None:
    row["importo"] = row["importo"].replace(".", ",")


_SPOILED: Final[Mapping[str, Callable[[dict[str, Any]], None]]] = {
    "check_letter": _wrong_letter,
    "impossible_date": _impossible,
    "missing_field": _missing,
    "unknown_word": _unknown,
    "decimal_comma": _comma,
}


@dataclass(frozen=True, slots=True)
class Service:
    """The fake operators' service: order faults from `partner.faults`, or over HTTP (`/_faults`)."""

    partner: FakePartner
    lenders: Mapping[str, Lender]
    """By the chronicle's code, which is the beginning of the path too."""
    stage: Stage
    taken: Callable[[str], bool] = lambda _: True
    """Whether the bank has an order, by EndToEndId: until then an operator does not call it sent."""
    held: list[Told] = field(default_factory=list)
    """What operators are still to say of orders that the bank does not have."""

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[str]:
        """Serve, and let time pass, until the end of the block; an operator's `base_url` is the address and its code.

        What is due is told before the block begins.

        Raises:
            OSError: the port is taken.
        """
        for code, lender in self.lenders.items():
            for told in self.stage.due(code):
                lender.show(told)
        async with self.partner.running(port) as url, asyncio.TaskGroup() as tasks:
            life = tasks.create_task(self._live(self.stage.now()))
            yield url
            life.cancel()

    async def _live(self, opened: datetime) -> None:
        """Tell what comes due."""
        after = opened
        while True:
            until = self.stage.now()
            for code in self.lenders:
                self.held.extend(self.stage.chronicle.told(code, after=after, until=until))
            self._say(until)
            after = until
            await WORLD.get().sleep(min(LOOK_S, self.stage.calendar.day_seconds))

    def _say(self, now: datetime) -> None:
        """Say what can be said; an order's later states wait until the bank has it, or is asked by telephone."""
        waiting, self.held[:] = list(self.held), []
        for told in waiting:
            record = told.record
            if isinstance(record, PaymentOrder) and self._waits(record, now - told.at):
                self.held.append(told)
            else:
                self.lenders[told.teller].show(told, now)

    def _waits(self, order: PaymentOrder, since: timedelta) -> bool:
        sent = order.status != "requested"
        return sent and since < patience(self.stage) and not self.taken(order.end_to_end_id)


def service(settings: FakeSettings, *, remember: bool = False, page_size: int = 500) -> Service:
    """Make the service of all fake operators; `remember` keeps the requests for a test to look at."""
    return service_on(settings.stage(), remember=remember, page_size=page_size)


def service_on(
    stage: Stage, *, taken: Callable[[str], bool] = lambda _: True, remember: bool = False, page_size: int = 500
) -> Service:
    """Make the service of the operators on a stage."""
    partner = FakePartner(seed=stage.chronicle.settings.seed, remember=remember)
    codes = [each.code for each in stage.chronicle.tellers() if each.kind == "lender"]
    lenders = {code: Lender(code, page_size) for code in codes}
    for code, lender in lenders.items():
        for kind, name in LISTINGS.items():
            partner.listing(f"/{code}/v1/{name}", lender.page_of(kind), SHAPE)
    return Service(partner, lenders, stage, taken)


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
