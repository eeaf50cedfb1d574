import asyncio
import json

import pytest
from pydantic import ValidationError

from patto_connectors.errors import Trouble, Unreachable
from patto_connectors.http.settings import Caps, Repeats, Timeouts
from patto_connectors.ports import WORLD
from patto_connectors.testing.faults import CONTENT, WIRE
from patto_plugins.social_districts import register_connectors
from patto_plugins.social_districts.fake import FakeSettings, service
from patto_plugins.social_districts.settings import DistrictSettings, source

HARMLESS = {"duplicates", "shuffled", "new_field", "missing_field", "retyped", "slow"}
"""Faults that leave whole pages; what is wrong in a row is found when it is translated."""
QUIET = FakeSettings(people=10, every=1e9, consenting=1, mistakes=0)


@pytest.fixture
def town():
    return service(QUIET, remember=True)


async def _read(town, listing="patti", after=None, **settings):
    batches = []
    async with town.partner.running() as url:
        values = {"base_url": f"{url}/le-1", "page_size": 4, "repeats": Repeats(attempts=1), **settings}
        try:
            async for batch in source(listing, DistrictSettings(**values)).read(after):
                batches.append(batch)  # noqa: PERF401 - pages before a trouble count
        except Trouble as trouble:
            return batches, trouble
    return batches, None


def _keys(batches, name="idPatto"):
    return [json.loads(row)[name] for batch in batches for row in batch.rows]


def test_three_streams_are_registered():
    connectors = {connector.name: connector for connector in register_connectors()}

    assert {name: connector.kinds for name, connector in connectors.items()} == {
        "persons": ("person",),
        "pacts": ("pact",),
        "measures": ("measure",),
    }
    assert all(connector.summary.keys() == {"it", "en"} for connector in connectors.values())


async def test_every_stream_comes_through_its_wire_model(town):
    for connector in register_connectors():
        listing = connector.source.args[0]
        batches, trouble = await _read(town, listing)

        records = [connector.translate.model_validate_json(row) for batch in batches for row in batch.rows]

        assert trouble is None
        assert len(records) == 10


async def test_run_goes_on_from_every_page(town):
    whole, _ = await _read(town)

    for index, batch in enumerate(whole[:-1]):
        rest, _ = await _read(service(QUIET), after=batch.cursor)
        assert _keys(rest) == _keys(whole[index + 1 :])


async def test_second_run_brings_only_what_changed(town, clock):
    first, _ = await _read(town)
    town.districts[0].live(clock.start)
    changed = {kind: store.rows[-1] for kind, store in town.districts[0].stores.items()}
    second, _ = await _read(service(QUIET), after=first[-1].cursor)

    assert changed
    assert set(_keys(second)) <= set(_keys(first))
    assert len(_keys(second)) < 3


@pytest.mark.parametrize("fault", sorted({*CONTENT, *WIRE}))
async def test_each_fault_ends_in_one_of_the_four_errors_or_in_good_rows(town, fault):
    names = {"missing_field": "stato", "retyped": "stato", "slow": "1", "loris": "1"}
    town.partner.faults.order(fault, times=None, option=names.get(fault, ""))

    batches, trouble = await _read(town, timeouts=Timeouts(read=0.2, rate_window=5), caps=Caps(decoded=2_000_000))

    if fault in HARMLESS:
        assert trouble is None
        assert set(_keys(batches)) == set(town.districts[0].stores["pact"].changed)
    else:
        assert isinstance(trouble, Trouble)
        told = f"{trouble.detail} {trouble.hint} {trouble.code} {getattr(trouble, 'position', '')}"
        assert "ROSSI" not in told
        assert "RSSMRA" not in told


async def test_maintenance_is_tried_again_later(town):
    town.partner.faults.order("failure_flag", option="MANUTENZIONE", times=None)

    _, trouble = await _read(town)

    assert isinstance(trouble, Unreachable)


async def test_token_travels_and_is_never_shown(town):
    await _read(town, token="canary")

    assert town.partner.asked[0].headers["Authorization"] == "Bearer canary"
    assert "canary" not in repr(DistrictSettings(base_url="https://a.example", token="canary"))


def test_plain_http_to_elsewhere_is_refused():
    with pytest.raises(ValidationError, match="https"):
        DistrictSettings(base_url="http://servizi.ambito.example")


async def test_same_seed_gives_the_same_people():
    one, other = (service(FakeSettings(people=5, seed=3, every=1e9)) for _ in range(2))

    assert (await _read(one))[0][0].rows == (await _read(other))[0][0].rows


async def test_life_goes_on_while_it_serves_and_stops_with_the_block(clock):
    town = service(FakeSettings(people=1, every=1))
    enough = asyncio.Event()

    async def sleep(seconds):
        clock.passed += seconds
        if clock.passed > 30:
            enough.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)

    world = clock.world()
    token = WORLD.set(type(world)(now=world.now, monotonic=world.monotonic, sleep=sleep, chance=world.chance))
    try:
        async with town.running() as url:
            await enough.wait()
            assert url.startswith("http://127.0.0.1:")
    finally:
        WORLD.reset(token)

    assert any(
        stamp.startswith("2026-03-02") for store in town.districts[0].stores.values() for stamp, _, _ in store.rows
    )
