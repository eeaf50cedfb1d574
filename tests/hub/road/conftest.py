"""Small worlds for the road: an in-memory source of rows, a fresh ledger, and jobs put together by hand."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field

import pytest
from pydantic import BaseModel

from patto_connectors.contract import Batch, Connector
from patto_connectors.ports import World
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job, Limits
from patto_hub.ledger import invariants, partners
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade
from patto_hub.road import runner
from patto_schemas.model import Measure, Pact, Person
from patto_schemas.model.base import Name
from patto_schemas.model.wire import wire


class Nothing(BaseModel):
    pass


class WirePact(Pact):
    model_config = wire(Pact)


class WireMeasure(Measure):
    model_config = wire(Measure)


class WirePerson(Person):
    model_config = wire(Person)


@dataclass
class Memory:
    """A source whose pages are in memory; an exception in their place is raised there."""

    pages: list
    asked: list = field(default_factory=list)

    async def read(self, after):
        self.asked.append(after)
        start = 0 if after is None else after["page"]
        for number, page in enumerate(self.pages[start:], start + 1):
            if isinstance(page, BaseException):
                raise page
            yield page if isinstance(page, Batch) else batch(page, cursor={"page": number})


def batch(rows, **more):
    raw = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    return Batch(**{"rows": raw, "content": b"[" + b",".join(raw) + b"]", "name": "", **more})


def pact(number, **more):
    return {
        "pact_id": f"P-{number}",
        "person_id": "RSSMRA85T10A562S",
        "ambito": "FG/1",
        "scheme": "ReD_3",
        "status": "active",
        **more,
    }


@dataclass
class Bench:
    """A ledger with partners, and jobs over pages in memory."""

    ledger: object
    world: World
    numbers: dict = field(default_factory=dict)
    limits: Limits = field(default_factory=lambda: Limits(page_seconds=5, seconds=20))

    def partner(self, name, organisation=None):
        if name not in self.numbers:
            named = None if organisation is None else Name(*organisation)
            self.numbers[name] = self.ledger.write_now(partners.register, name=name, plugin="test", organisation=named)
        return self.numbers[name]

    def job(self, pages, translate=WirePact, *, name="fg1/pacts", source=None, organisation=("ambito", "FG/1"), **more):
        partner, _, stream = name.partition("/")
        made = source if source is not None else Memory(pages)
        connector = Connector(name=stream, settings=Nothing, source=lambda _: made, translate=translate)
        return Job(
            **{
                "name": name,
                "partner": partner,
                "partner_id": self.partner(partner, organisation),
                "plugin": "test",
                "connector": connector,
                "settings": Nothing(),
                "schedule": Schedule(),
                "limits": self.limits,
                **more,
            }
        )

    async def run(self, job, **more):
        return await runner.run(
            job,
            **{
                "ledger": self.ledger,
                "world": self.world,
                "owner": "test",
                "reason": "cli",
                "checks": no_rules,
                **more,
            },
        )

    async def take(self, *pages, **more):
        """Run a job over these pages of rows and give its outcome."""
        return await self.run(self.job(list(pages), **more))

    def ask(self, statement, *values):
        return self.ledger.read_now(lambda each: each.exec_driver_sql(statement, values).all())


def no_rules(_record):
    return ()


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """An empty ledger, made once."""
    path = tmp_path_factory.mktemp("template") / "ledger.db"
    upgrade(path)
    return path


def opened(template, folder):
    shutil.copy(template, folder / "ledger.db")
    return open_ledger(folder / "ledger.db")


@pytest.fixture
def bench(template, tmp_path):
    ledger = opened(template, tmp_path)
    made = Bench(ledger, World())
    try:
        yield made
        assert list(ledger.read_now(lambda each: list(invariants.unbalanced(each)))) == []
        assert list(ledger.read_now(lambda each: list(invariants.twice_current(each)))) == []
        assert ledger.read_now(invariants.without_change) == []
    finally:
        ledger.close()


@pytest.fixture
def make_pact():
    return pact


@pytest.fixture
def make_batch():
    return batch


@pytest.fixture
def wires():
    return {"pact": WirePact, "measure": WireMeasure, "person": WirePerson}


@pytest.fixture
def make_bench(template):
    """Makes benches over ledgers of their own, for tests that need many."""

    def made(ledger):
        return Bench(ledger, World())

    made.ledger = lambda folder: opened(template, folder)
    return made
