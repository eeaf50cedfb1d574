"""Both ways of an Ambito through the whole road of a hub: every balance closes, and a second reading brings nothing."""

from __future__ import annotations

import asyncio

import pytest

from patto_connectors.ports import World
from patto_hub.compose.serve import serving
from patto_hub.settings.read import read_settings
from patto_plugins.social_districts.demo import demo
from patto_plugins.social_districts.fake import FakeSettings
from patto_schemas.chronicle import Rates

SETTINGS = """
[hub]
data_dir = "data"
[web]
port = 0
"""


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    return f'"{value}"' if isinstance(value, str) else str(value)


@pytest.fixture
def settings(tmp_path):
    def made(partners):
        lines = [SETTINGS]
        for name, part in partners.items():
            jobs = {stream: {"every": "1h"} for stream in part["jobs"]}
            lines += [
                f"[partners.{name}]",
                *(f"{key} = {toml(value)}" for key, value in (part | {"jobs": jobs}).items()),
            ]
        (tmp_path / "hub.toml").write_text("\n".join(lines), encoding="utf-8")
        return read_settings(tmp_path / "hub.toml", {})

    return made


@pytest.mark.timeout(240)
async def test_a_service_and_a_workbook_tell_a_hub_all_that_is_true(tmp_path, settings):
    asked = FakeSettings(people=8, ambiti=("LE/1", "BR/3"), rates=Rates(late=0, mistakes=0, missing=0))
    stage = asked.stage()
    stage = type(stage)(**{name: getattr(stage, name) for name in stage.__slots__} | {"folder": tmp_path / "stage"})
    heard: asyncio.Queue = asyncio.Queue()

    async with demo(stage) as partners, serving(settings(partners), World(), heard=heard.put_nowait) as started:
        outcomes = [await asyncio.wait_for(heard.get(), 100) for _ in range(5)]
        rows = await started.hub.ledger.read(
            lambda each: each.exec_driver_sql(
                "SELECT p.name, h.kind, h.key FROM head h JOIN partner p ON p.id = h.partner_id WHERE h.tombstone = 0"
            ).all()
        )
        waiting = await started.hub.ledger.read(
            lambda each: each.exec_driver_sql("SELECT count(*) FROM parked").scalar_one()
        )

    true = {
        (teller.partner, record.kind, record.key)
        for teller in stage.chronicle.tellers()
        if teller.kind == "ambito"
        for record in stage.chronicle.truth(teller)
    }
    assert {outcome.state for outcome in outcomes} == {"done"}
    assert all(outcome.balance.closes for outcome in outcomes)
    assert sum(outcome.balance.quarantined for outcome in outcomes) == 0
    assert true - {tuple(row) for row in rows} == set() or waiting > 0
    assert {(partner, kind) for partner, kind, _ in rows} >= {
        (partner, kind) for partner in partners for kind in ("person", "pact", "measure")
    }
