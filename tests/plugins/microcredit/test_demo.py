from __future__ import annotations

import pytest

from patto_connectors.contract import Batch
from patto_connectors.ports import WORLD
from patto_connectors.testing.stage import Stage
from patto_plugins.microcredit.demo import demo
from patto_plugins.microcredit.fake_orders import read_order
from patto_schemas.chronicle import Calendar, WorldSettings, chronicle
from patto_schemas.model import PaymentOrder


@pytest.fixture
def stage(tmp_path):
    return Stage(
        folder=tmp_path,
        chronicle=chronicle(WorldSettings(people=90, ambiti=("LE/1", "BA/1"))),
        calendar=Calendar(ahead_days=650),
        began=WORLD.get().now(),
    )


async def test_two_operators_and_a_bank_are_simulated_and_each_stream_has_something_to_read(stage, connectors):
    read = {}
    async with demo(stage) as partners:
        for name, partner in partners.items():
            for job in partner["jobs"]:
                connector = connectors[job]
                settings = connector.settings.model_validate(partner["settings"])
                if connector.reads:
                    source = connector.source(settings)
                    read[name, job] = sum([len(batch.rows) async for batch in source.read(None)])

    assert set(partners) == {"microcredito_1", "microcredito_2", "banca"}
    assert set(partners["banca"]["jobs"]) == {"statements", "payments_out"}
    assert partners["banca"]["jobs"]["payments_out"]["feed"] == "payments"
    assert len(read) == 7
    assert all(read.values()), read


async def test_the_simulated_bank_takes_what_the_hub_would_send(stage, connectors, delivered):
    told = [each.record for code in ("microcredito_1", "microcredito_2") for each in stage.chronicle.told(code)]
    orders = [each for each in told if isinstance(each, PaymentOrder) and each.status == "requested"]
    async with demo(stage) as partners:
        settings = connectors["payments_out"].settings.model_validate(partners["banca"]["settings"])

        receipt = (
            await connectors["payments_out"]
            .sink(settings)
            .write(Batch(rows=[delivered(each, number) for number, each in enumerate(orders)]))
        )

    files = [read_order(path.read_bytes()) for path in settings.deliveries.iterdir()]
    assert receipt.accepted == len(orders) >= 4
    assert len({each.form for each in files}) == 2


async def test_what_an_earlier_demonstration_left_is_taken_up(stage):
    async with demo(stage):
        first = {path.name: path.read_bytes() for path in (stage.folder / "banca/estratti").iterdir()}

    async with demo(stage):
        second = {path.name: path.read_bytes() for path in (stage.folder / "banca/estratti").iterdir()}

    assert first
    assert {name: second[name] for name in first} == first
