"""While the hub runs it is said once a day which keys that sign are to be changed; the keys sign on."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from patto_connectors.ports import World
from patto_connectors.testing.clock import StillClock
from patto_connectors.webhook import fresh_pair, fresh_secret, secret_key
from patto_hub.clock.calendar import Place
from patto_hub.compose.secret_watch import watch_secrets
from patto_hub.ledger import lane_secrets, upgrade
from patto_hub.ledger.lanes import LaneName
from patto_hub.ledger.store import open_ledger

LANE = LaneName("foggia", "pacts", "webhook")


@pytest.fixture
def ledger(tmp_path):
    upgrade.upgrade(tmp_path / "ledger.db")
    opened = open_ledger(tmp_path / "ledger.db")
    yield opened
    opened.close()


def way(*texts, days=365):
    return SimpleNamespace(name=LANE, keys=tuple(map(secret_key, texts)), part=SimpleNamespace(secret_days=days))


async def days_pass(ledger, clock, ways, days):
    """Watch for some days; gives what was said."""
    until = clock.passed + days * 86_400
    with capture_logs() as logs:
        watching = asyncio.ensure_future(watch_secrets(ledger, clock.world(), ways, Place()))
        while clock.passed < until:  # noqa: ASYNC110 - the clock moves only when somebody sleeps
            await asyncio.sleep(0)
        watching.cancel()
        await asyncio.wait({watching})
    return [each for each in logs if each["event"].startswith("webhook.")]


async def test_a_key_is_reminded_of_daily_from_30_days_before_its_end(ledger):
    clock, hook = StillClock(), way(fresh_secret(World()), days=60)
    quiet = await days_pass(ledger, clock, [hook], 29)
    said = await days_pass(ledger, clock, [hook], 20)

    assert quiet == []
    assert [each["event"] for each in said][:20] == ["webhook.secret_ageing"] * len(said[:20])
    assert 19 <= len(said) <= 21
    assert (said[-1]["lane"], said[-1]["log_level"]) == ("foggia/pacts/webhook", "warning")
    assert 9 <= said[-1]["days"] <= 12


async def test_of_one_that_is_too_old_it_is_said_how_old_it_is(ledger):
    clock, text = StillClock(), fresh_secret(World())
    said = await days_pass(ledger, clock, [way(text, days=1)], 4)

    assert said[-1]["event"] == "webhook.secret_old"
    assert (said[-1]["age"] >= 2, said[-1]["limit"]) == (True, 1)
    assert text not in str(said)


async def test_a_new_key_is_young_and_the_old_one_is_forgotten_once_it_is_out(ledger):
    clock, old, (new, _) = StillClock(), fresh_secret(World()), fresh_pair(World())
    await days_pass(ledger, clock, [way(old, days=31)], 3)
    both = await days_pass(ledger, clock, [way(new, old, days=31)], 1)
    alone = await days_pass(ledger, clock, [way(new, days=90)], 1)

    assert len(both) >= 1
    assert alone == []
    assert len(ledger.read_now(lane_secrets.since, [LANE])) == 1


async def test_a_ledger_that_cannot_be_written_is_tried_again(ledger, monkeypatch):
    clock, failing = StillClock(), iter([OSError(28, "no space left on device")])
    see = lane_secrets.see

    def sometimes(*arguments):
        for error in failing:
            raise error
        return see(*arguments)

    monkeypatch.setattr(lane_secrets, "see", sometimes)
    said = await days_pass(ledger, clock, [way(fresh_secret(World()))], 1)

    assert [each["event"] for each in said] == ["webhook.secret_not_noted"]
    assert len(ledger.read_now(lane_secrets.since, [LANE])) == 1
