import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from patto_connectors.errors import Trouble, Unreachable
from patto_connectors.http.settings import Caps, Repeats, Timeouts
from patto_connectors.testing.faults import CONTENT, WIRE
from patto_plugins.social_districts import register_connectors
from patto_plugins.social_districts.fake import FakeSettings, service
from patto_plugins.social_districts.settings import DistrictSettings, source
from patto_schemas.chronicle import Calendar

HARMLESS = {"duplicates", "shuffled", "new_field", "missing_field", "retyped", "slow"}
"""Faults that leave whole pages; what is wrong in a row is found when it is translated."""


async def _read(town, listing="patti", after=None, **settings):
    batches = []
    async with town.running() as url:
        values = {"base_url": f"{url}/le-1", "page_size": 4, "repeats": Repeats(attempts=1), **settings}
        try:
            async for batch in source(listing, DistrictSettings(**values)).read(after):
                batches.append(batch)  # noqa: PERF401 - pages before a trouble count
        except Trouble as trouble:
            return batches, trouble
    return batches, None


def _keys(batches, name="idPatto"):
    return [json.loads(row)[name] for batch in batches for row in batch.rows]


def test_four_listings_and_a_workbook_are_registered():
    connectors = {connector.name: connector for connector in register_connectors()}

    assert {name: connector.kinds for name, connector in connectors.items()} == {
        "persons": ("person",),
        "pacts": ("pact",),
        "measures": ("measure",),
        "requests": ("enrolment",),
        "workbook": ("person", "pact", "measure", "enrolment"),
    }
    assert all(connector.summary.keys() == {"it", "en"} for connector in connectors.values())


async def test_every_listing_comes_through_its_wire_model(town):
    count = {}
    for connector in register_connectors():
        if connector.settings is DistrictSettings:
            batches, trouble = await _read(town, connector.source.args[0])

            records = [connector.translate.model_validate_json(row) for batch in batches for row in batch.rows]

            assert trouble is None
            count[connector.name] = len(records)

    assert (count["persons"], count["pacts"]) == (10, 10)
    assert count["measures"] > 20
    assert count["requests"] > 0


async def test_run_goes_on_from_every_page(town, right):
    whole, _ = await _read(town)

    for index, batch in enumerate(whole[:-1]):
        rest, _ = await _read(service(right), after=batch.cursor)
        assert _keys(rest) == _keys(whole[index + 1 :])


async def test_second_run_brings_only_what_changed(right, clock):
    half = right.model_copy(update={"calendar": Calendar(ahead_days=400, day_seconds=1)})
    before = service(half)
    first, _ = await _read(before)
    after = service(half)
    clock.passed += 40
    after = type(after)(after.partner, after.districts, before.stage)

    second, trouble = await _read(after, after=first[-1].cursor)

    changed = {told.record.key for told in before.stage.due("LE/1") if told.record.kind == "pact"}
    assert trouble is None
    assert 0 < len(set(_keys(second))) < len(changed)
    assert set(_keys(first)) | set(_keys(second)) == changed


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


async def test_trap_3_a_failure_flag_in_a_good_answer_is_no_empty_listing(town):
    town.partner.faults.order("failure_flag", times=None)

    batches, trouble = await _read(town)

    assert batches == []
    assert isinstance(trouble, Trouble)


async def test_token_travels_and_is_never_shown(town):
    await _read(town, token="canary")

    assert town.partner.asked[0].headers["Authorization"] == "Bearer canary"
    assert "canary" not in repr(DistrictSettings(base_url="https://a.example", token="canary"))


def test_plain_http_to_elsewhere_is_refused():
    with pytest.raises(ValidationError, match="https"):
        DistrictSettings(base_url="http://servizi.ambito.example")


async def test_same_seed_gives_the_same_people():
    one, other = (service(FakeSettings(people=5, seed=3)) for _ in range(2))

    assert (await _read(one))[0][0].rows == (await _read(other))[0][0].rows


async def test_the_story_goes_on_while_it_serves_and_stops_with_the_block(clock):
    told = service(FakeSettings(people=4, calendar=Calendar(ahead_days=100, day_seconds=1)))
    async with told.running():
        before = len(told.districts[0].stores["measure"].changed)
        start = clock.passed
        while clock.passed < start + 300:
            await clock.sleep(0)
            if len(told.districts[0].stores["measure"].changed) > before:
                break
        grown = len(told.districts[0].stores["measure"].changed)
    after = len(told.districts[0].stores["measure"].changed)

    assert before < grown == after
    assert told.stage.now() > told.stage.calendar.opening + timedelta(days=1)
