"""What tests of REST sources may ask for: a fake partner with a store, and a way to read it to the end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from patto_connectors.errors import Trouble
from patto_connectors.http.settings import HttpSettings, Repeats
from patto_connectors.ports import WORLD
from patto_connectors.rest.settings import RestSettings
from patto_connectors.rest.source import RestSource
from patto_connectors.testing.clock import StillClock
from patto_connectors.testing.fake import FakePartner
from patto_connectors.testing.pages import Store


@dataclass
class Reading:
    """What one run gave."""

    batches: list = field(default_factory=list)
    trouble: Trouble | None = None

    @property
    def rows(self):
        return [json.loads(row) for batch in self.batches for row in batch.rows]

    @property
    def keys(self):
        return [row["id"] for row in self.rows]

    @property
    def cursor(self):
        """The cursor as a hub would have stored it after this run."""
        kept = [batch.cursor for batch in self.batches if batch.cursor is not None]
        return kept[-1] if kept else None


@pytest.fixture
def clock():
    clock = StillClock()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def fake(clock):
    return FakePartner(seed=7)


@pytest.fixture
def store(fake):
    store = Store()
    for number in range(10):
        put(store, number, f"2026-01-01T00:{number:02}:00Z")
    fake.listing("/pacts", store.page)
    return store


def put(store, number, changed):
    store.put(f"p{number}", changed, json.dumps({"id": f"p{number}", "modified_at": changed}).encode())


@pytest.fixture
def read(fake):
    """Read a listing of the fake partner to its end or to its trouble."""

    async def run(after=None, *, http=None, **settings):
        reading = Reading()
        async with fake.running() as url:
            base = {"base_url": url, "repeats": Repeats(attempts=2), **(http or {})}
            source = RestSource(RestSettings(http=HttpSettings(**base), **{"path": "pacts", "size": 3, **settings}))
            try:
                async for batch in source.read(after):
                    reading.batches.append(batch)
            except Trouble as trouble:
                reading.trouble = trouble
        return reading

    return run
