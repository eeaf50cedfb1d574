"""What every stream does with its own simulated partner: it gives what it says, and trouble has one of four names."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass

import pytest

from patto_connectors.contract import Batch, Given, Subject
from patto_connectors.errors import Trouble, Unreachable
from patto_connectors.ports import WORLD
from patto_connectors.testing.stage import Stage
from patto_hub.demo.partners import demo_of
from patto_hub.extensions.found import installed
from patto_hub.extensions.load import load
from patto_schemas.catalogue import CATALOGUE
from patto_schemas.chronicle import Calendar, WorldSettings, chronicle
from patto_schemas.model import Pact
from patto_schemas.model.base import Entity, Name

EXTENSIONS = load(installed(), off={})
SIMULATED = sorted(name for name, each in EXTENSIONS.loaded.items() if demo_of(each.found))
AMBITI = ("LE/1", "BA/1")
ENOUGH = 3
"""Pages that are looked at of each stream."""


@dataclass
class People:
    """The subjects of a world, as the hub would give them."""

    listed: list[Subject]

    async def after(self, position, most):
        return [each for each in self.listed if int(each.position) > int(position or 0)][:most]

    async def find(self, scheme, value):
        return next((each for each in self.listed if each.person == Name(scheme, value)), None)


@pytest.fixture(scope="module")
def world():
    return chronicle(WorldSettings(people=60, ambiti=AMBITI))


@pytest.fixture
def given(world):
    """What the hub gives to a source that asks: the people of all pacts, and nothing that was handed in."""
    pacts = [
        (world.teller(ambito).scheme, record)
        for ambito in AMBITI
        for record in world.truth(ambito)
        if isinstance(record, Pact)
    ]
    people = [
        Subject(person=Name("cf", pact.person_id), pact=Name(scheme, pact.pact_id), position=str(number))
        for number, (scheme, pact) in enumerate(pacts, 1)
    ]

    async def nothing(_number):
        for _ in ():
            yield _

    return Given(subjects=People(people), pushed=nothing)


@pytest.fixture
def stage(world, tmp_path):
    return Stage(folder=tmp_path, chronicle=world, calendar=Calendar(ahead_days=650), began=WORLD.get().now())


def impatient(settings):
    """Give a partner's settings with no patience: what is down is asked once."""
    found = dict(settings)
    for name, value in found.items():
        if isinstance(value, dict):
            found[name] = impatient(value)
    if "base_url" in found:
        found["repeats"] = {"attempts": 1}
    return found


def sources(plugin, partners, given):
    """Give each partner's readable streams: name, connector, source."""
    connectors = {each.name: each for each in EXTENSIONS.loaded[plugin].connectors}
    for partner, told in partners.items():
        for job, plan in told["jobs"].items():
            connector = connectors[job]
            settings = impatient({**told["settings"], **plan.get("settings", {})})
            made = connector.settings.model_validate(settings)
            if connector.source is not None:
                yield f"{partner}/{job}", connector, connector.source(made)
            elif connector.asks is not None:
                yield f"{partner}/{job}", connector, connector.asks(made, given)


async def some(source):
    """Give the first pages of a source."""
    pages = []
    async with contextlib.aclosing(source.read(None)) as reading:
        async for page in reading:
            pages.append(page)
            if len(pages) == ENOUGH:
                break
    return pages


async def trouble_of(source):
    try:
        await some(source)
    except Trouble as trouble:
        return trouble
    return None


def records_of(connector, pages):
    """Translate rows as the road does; rows that are not well are set aside."""
    for row in (row for page in pages for row in page.rows):
        try:
            fields = json.loads(row) if isinstance(row, bytes) else row
            if isinstance(connector.translate, type):
                yield connector.translate.model_validate_json(row if isinstance(row, bytes) else json.dumps(row))
            else:
                given = connector.translate(fields)
                yield from [given] if isinstance(given, Entity) else given
        except (ValueError, KeyError):
            continue


@pytest.mark.parametrize("plugin", SIMULATED)
async def test_each_stream_gives_records_of_the_kinds_that_it_names_and_no_others(plugin, stage, given):
    wrong, empty = [], []
    async with demo_of(EXTENSIONS.loaded[plugin].found).demo(stage) as partners:
        for name, connector, source in sources(plugin, partners, given):
            pages = await some(source)

            assert all(isinstance(page, Batch) and page.name for page in pages)
            kinds = {record.kind for record in records_of(connector, pages)}
            wrong += [(name, kind) for kind in kinds - set(connector.kinds)]
            empty += [] if kinds or connector.door else [name]

    assert wrong == []
    assert empty == []


@pytest.mark.parametrize("plugin", SIMULATED)
async def test_trouble_has_one_of_four_names_when_the_partner_is_down(plugin, stage, given):
    async with demo_of(EXTENSIONS.loaded[plugin].found).demo(stage) as partners:
        made = list(sources(plugin, partners, given))

    ended = {name: await trouble_of(source) for name, _, source in made}
    wrong = {name: trouble for name, trouble in ended.items() if type(trouble) not in {type(None), Unreachable}}
    assert wrong == {}, "whoever is away is unreachable; what lies in a folder can still be read"
    assert [trouble.code for trouble in ended.values() if trouble is not None and trouble.code not in CATALOGUE] == []
