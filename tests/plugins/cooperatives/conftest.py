"""What tests of cooperatives may ask for: a clock that stands still, invented people, a folder that is read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import patto_plugins.cooperatives as plugin
from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock
from patto_plugins.cooperatives.fake import FakeSettings, cooperatives, tellers
from patto_plugins.cooperatives.profiles import INTERNSHIPS
from patto_plugins.cooperatives.settings import CooperativeSettings, registers
from patto_plugins.cooperatives.translate import translate
from patto_schemas.chronicle import Rates, Told

RIGHT = Rates(late=0, mistakes=0, missing=0, corrections=0)


@pytest.fixture(autouse=True)
def clock():
    clock = StillClock()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def folder():
    return Path(plugin.__file__).parent


@pytest.fixture
def connectors():
    return {each.name: each for each in plugin.register_connectors()}


@pytest.fixture
def stage(tmp_path):
    """People of whom nobody says anything wrong or late."""
    return FakeSettings(people=8, rates=RIGHT).stage(tmp_path / "stage")


@pytest.fixture
def code(stage):
    return tellers(stage)[0].code


@pytest.fixture
def made(stage, code, tmp_path):
    """Make the cooperative, with its registers in a form; nothing is dropped yet."""

    def of(form="xlsx"):
        return cooperatives(stage, {code: tmp_path / form}, {code: form}).books[code]

    return of


@pytest.fixture
def filled(made, stage, code):
    """The cooperative's books, with all that was told."""

    def of(form="xlsx"):
        book = made(form)
        for told in stage.due(code):
            book.show(told)
        return book

    return of


@pytest.fixture
def read(tmp_path):
    """Read a folder once; gives the batches."""

    async def of(folder, profile=INTERNSHIPS, after=None, **more):
        settings = CooperativeSettings(folder=folder, settle_seconds=0, **more)
        return [batch async for batch in registers(profile, settings).read(after)]

    return of


@pytest.fixture
def records():
    """Translate the rows of batches, the last of each key."""

    def of(batches):
        made = [translate(row) for batch in batches for row in batch.rows]
        return {(record.kind, record.key): record for record in made}

    return of


@pytest.fixture
def told():
    def of(record, mistake=""):
        return Told(datetime(2026, 4, 3, 8, 30, tzinfo=UTC), "c", record, mistake)

    return of
